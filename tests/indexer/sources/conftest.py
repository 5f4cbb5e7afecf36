"""What tests of sources share."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

from facies.indexer.sources import (
    SourceEntry,
    SourceItem,
)


def items(entries: Iterator[SourceEntry] | list[SourceEntry]) -> list[SourceItem]:
    return [entry for entry in entries if isinstance(entry, SourceItem)]


def make_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path
