"""Sources of images: a folder, a zip, a CSV or TSV manifest, one file, or any fsspec URL."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from facies.core.errors import ConfigurationError, SourceError
from facies.indexer.originals import explain, is_url
from facies.indexer.sources.archive import ZipSource
from facies.indexer.sources.base import (
    Labels,
    ListSource,
    PassedOver,
    Source,
    SourceEntry,
    SourceItem,
    Unusable,
    promises_no_image,
)
from facies.indexer.sources.folder import FolderSource, local_file
from facies.indexer.sources.manifest import ManifestSource
from facies.indexer.sources.remote import RemoteSource

__all__ = [
    "Labels",
    "ListSource",
    "ManifestSource",
    "PassedOver",
    "Source",
    "SourceEntry",
    "SourceItem",
    "Unusable",
    "open_source",
    "promises_no_image",
    "without_own_parts",
]

_MANIFESTS = frozenset({".csv", ".tsv", ".tab"})
_LABEL_CHOICES = ("none", "folder", "manifest")

_SHOWN_CHARACTERS = 200
"""Of a location in a message; the system's limits lie above, so this cuts only what is wrong by its length."""


def open_source(location: str, *, labels: Labels = "none", within: Sequence[Path] | None = None) -> Source:
    """Open a source of images; close it afterwards.

    Args:
        location: a folder, a zip file, a manifest (``.csv``, ``.tsv``), one image, or an fsspec URL of any of these.
        labels: where labels come from: nowhere, the folders below the root, or the manifest's column.
        within: folders that local files must lie in, links followed, and then no manifest may name a URL; None: no
            limit. The location itself is the caller's to check.

    Raises:
        ConfigurationError: ``labels`` does not fit the kind of source.
        SourceError: nothing is there, or it cannot be read as what it is.
    """
    if labels not in _LABEL_CHOICES:
        raise ConfigurationError(f"labels is {labels!r}, expected one of {', '.join(_LABEL_CHOICES)}")
    roots = None if within is None else [Path(os.path.realpath(root)) for root in within]
    _check_text(location)
    location = location if is_url(location) else os.path.abspath(location)  # noqa: PTH100 (resolve() would follow links)
    suffix = _suffix(location)
    is_folder = not is_url(location) and _is_folder(location)
    if suffix in _MANIFESTS and not is_folder:
        return ManifestSource(location, labels, roots)
    if labels == "manifest":
        raise ConfigurationError(
            f"--labels manifest needs a CSV or TSV file, got {location}; use --labels folder or none for anything else"
        )
    if suffix == ".zip" and not is_folder:
        return ZipSource(location, labels)
    if is_url(location):
        return RemoteSource(location, labels)
    if is_folder:
        return FolderSource(location, labels, roots)
    return _open_file(location, labels, roots)


def without_own_parts(source: Source) -> Source:
    """Give the same source without what facies itself keeps in a data folder (vectors, thumbnails, uploads ...)."""
    return replace(source, own_parts=False) if isinstance(source, FolderSource) else source


def _check_text(location: str) -> None:
    """Refuse what names no file anywhere, or cannot be kept as text."""
    if "\0" in location:
        raise SourceError(f"cannot read {_shown(location)}: no path and no URL holds a NUL character")
    try:
        location.encode()
    except UnicodeEncodeError as error:
        raise SourceError(
            f"cannot read {_shown(location)}: its name is not UTF-8, so the catalogue cannot keep it; rename it"
        ) from error


def _is_folder(location: str) -> bool:
    try:
        return stat.S_ISDIR(Path(location).stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False  # whoever reads it as what its suffix says it is, says so
    except OSError as error:
        raise SourceError(f"cannot read {_shown(location)}: {explain(error)}") from error


def _shown(location: str) -> str:
    """A location that can be printed, whatever characters it holds and however many."""
    text = location.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}... ({len(text)} characters)"


def _open_file(location: str, labels: Labels, within: Sequence[Path] | None) -> Source:
    path = Path(location)
    try:
        size = path.stat().st_size
    except OSError as error:
        raise SourceError(f"cannot read {location}: {explain(error)}") from error
    label = path.parent.name if labels == "folder" else None
    return ListSource(location, (local_file(location, path.name, label=label, size=size, within=within),))


def _suffix(location: str) -> str:
    bare = re.split(r"[?#]", location)[0] if is_url(location) else location
    return PurePosixPath(bare).suffix.lower()
