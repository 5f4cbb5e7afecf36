"""Sources of images: a folder, a zip, a CSV or TSV manifest, one file, or any fsspec URL."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from facies.core.errors import ConfigurationError, SourceError
from facies.indexer.originals import is_url
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
]

_MANIFESTS = frozenset({".csv", ".tsv", ".tab"})
_LABEL_CHOICES = ("none", "folder", "manifest")


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
    location = location if is_url(location) else os.path.abspath(location)  # noqa: PTH100 (resolve() would follow links)
    suffix = _suffix(location)
    if suffix in _MANIFESTS and not Path(location).is_dir():
        return ManifestSource(location, labels, roots)
    if labels == "manifest":
        raise ConfigurationError(
            f"--labels manifest needs a CSV or TSV file, got {location}; use --labels folder or none for anything else"
        )
    if suffix == ".zip" and not Path(location).is_dir():
        return ZipSource(location, labels)
    if is_url(location):
        return RemoteSource(location, labels)
    return _open_local(location, labels, roots)


def _open_local(location: str, labels: Labels, within: Sequence[Path] | None) -> Source:
    path = Path(location)
    if path.is_dir():
        return FolderSource(location, labels, within)
    try:
        size = path.stat().st_size
    except OSError as error:
        raise SourceError(f"cannot read {location}: {error.strerror}") from error
    label = path.parent.name if labels == "folder" else None
    return ListSource(location, (local_file(location, path.name, label=label, size=size, within=within),))


def _suffix(location: str) -> str:
    bare = re.split(r"[?#]", location)[0] if is_url(location) else location
    return PurePosixPath(bare).suffix.lower()
