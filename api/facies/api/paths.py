"""Paths that a caller chooses: what may be reached on the service's own disk."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from facies.core.errors import AccessError, QueryError
from facies.core.settings import Settings
from facies.indexer.originals import is_url

_MAX_PATH_BYTES, _MAX_NAME_BYTES = 4095, 255
"""What the systems that we run on take; asked for more, they raise in place of saying that there is nothing."""

_SHOWN = 200


def allowed_roots(settings: Settings) -> list[Path]:
    """The folders, links followed, that may be read over HTTP: the data folder and those of the settings."""
    return [Path(os.path.realpath(root)) for root in (settings.data_dir, *settings.api.allowed_roots)]


def check_path(text: str, roots: Sequence[Path]) -> Path:
    """Refuse a path that leads, links followed, out of the allowed roots; nothing is said of whether it exists.

    Args:
        text: as the caller gave it; must be absolute.
        roots: real paths.

    Raises:
        AccessError: it lies outside, or is a URL: the service reaches no address that a caller chooses.
        QueryError: it is not an absolute path, or no path at all: NUL, no UTF-8, longer than a path can be.
    """
    if not _is_path_text(text):
        shown = repr(text) if len(text) <= _SHOWN else f"{text[:_SHOWN]!r}..."
        raise QueryError(f"path is an absolute path on the service's machine, got {shown}")
    if is_url(text):
        raise AccessError(f"{text} is a URL; over HTTP only what lies on the service's own disk is read")
    if not Path(text).is_absolute():
        raise QueryError(f"path is an absolute path on the service's machine, got {text!r}")
    real = Path(os.path.realpath(text))
    if not any(real.is_relative_to(root) for root in roots):
        raise AccessError(
            f"{text} lies outside the folders that may be read over HTTP ({', '.join(map(str, roots))}). Add its "
            "folder to FACIES_API__ALLOWED_ROOTS, or run the command itself on the service's machine, without a job."
        )
    return Path(text)


def _is_path_text(text: str) -> bool:
    try:
        encoded = text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can spell
        return False
    if not encoded or b"\0" in encoded or len(encoded) > _MAX_PATH_BYTES:
        return False
    return all(len(part) <= _MAX_NAME_BYTES for part in encoded.split(b"/"))
