"""Hashes of weight files: computed once per file, and recorded at first use where none was published."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
import threading
from pathlib import Path

from facies.core.errors import DownloadError

RECORD = "hashes.json"
_log = logging.getLogger(__name__)
_recording = threading.Lock()


def hash_file(path: Path) -> str:
    """Compute the SHA-256 of a file's bytes as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_hash(what: str, got: str, expected: str) -> None:
    """Compare a hash with a known one, of which only the leading digits may be known.

    Raises:
        DownloadError: they differ.
    """
    if not got.startswith(expected.lower()):
        raise DownloadError(
            f"{what} has SHA-256 {got}, expected {expected}: it is damaged or not the published file. "
            "Delete it and fetch it again."
        )


def check_recorded(weights_dir: Path, key: str, got: str) -> None:
    """Compare a hash with the one recorded for this source, or record it where it is the first.

    The record is ``hashes.json`` in the weights folder. A folder that cannot be written (a read-only volume) keeps no
    record, which is logged.

    Raises:
        DownloadError: another hash is on record.
    """
    with _recording:
        record = read_record(weights_dir)
        known = record.get(key)
        if known is None:
            _write_record(weights_dir, {**record, key: got})
        elif known != got:
            raise DownloadError(
                f"{key} has SHA-256 {got}, but {known} was recorded when it was first used: the file was changed. "
                f"If the change is meant, remove its line from {weights_dir / RECORD}; vectors of the old file "
                "cannot be compared with those of the new one."
            )


def read_record(weights_dir: Path) -> dict[str, str]:
    """Read the recorded hashes by source; empty where there are none.

    Raises:
        DownloadError: the record is damaged.
    """
    path = weights_dir / RECORD
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (ValueError, OSError) as error:
        raise DownloadError(f"{path} cannot be read ({error}). Delete it: hashes are recorded again.") from error
    if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
        raise DownloadError(f"{path} does not hold hashes by source. Delete it: hashes are recorded again.")
    return content


def _write_record(weights_dir: Path, record: dict[str, str]) -> None:
    try:
        weights_dir.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=weights_dir, prefix=".hashes-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(record, file, indent=1, sort_keys=True)
        Path(temporary).replace(weights_dir / RECORD)
    except OSError as error:
        _log.warning("no hash recorded in %s: %s", weights_dir, error)
