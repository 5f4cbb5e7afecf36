"""Data folders that earlier states of facies made, frozen in archives."""

from __future__ import annotations

import tarfile
from pathlib import Path

DATA = Path(__file__).parent.parent / "data"


def unpack(name: str, into: Path) -> Path:
    """Unpack an archive by its name; gives the folder of this name that it holds."""
    with tarfile.open(DATA / f"{name}.tar.xz") as archive:
        archive.extractall(into, filter="data")
    return into / name
