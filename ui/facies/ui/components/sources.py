"""The scripts and styles of the components, read from the package."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

_FOLDER = Path(__file__).parent


def read_sources(names: Sequence[str]) -> str:
    """Several files of this folder as one text, in the order given; the last script holds the ``export default``."""
    return "\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in names)
