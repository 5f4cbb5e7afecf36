"""Uploaded images: copied into the service and indexed on the same path as a folder's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from facies.api.examples import Upload
from facies.api.originals import decode_original
from facies.api.service import Service
from facies.core.errors import QueryError, StorageError
from facies.core.images import content_hash, make_thumbnail, sniff_format
from facies.core.label_text import find_label_fault
from facies.core.records import ImageRecord, MetadataValue
from facies.core.wire import IndexReport, UploadedOut, UploadOut
from facies.core.workspace import Workspace
from facies.indexer.labelling.taxa import resolve_labels
from facies.indexer.ledger import Outcome
from facies.indexer.limits import limits_of
from facies.indexer.pipeline import index_source
from facies.indexer.reading import HEAD_BYTES
from facies.indexer.sources import ListSource, SourceItem

if TYPE_CHECKING:
    from facies.models.embedder import Embedder

_STATUS: Mapping[str, Literal["indexed", "unchanged", "duplicate"]] = {
    "indexed": "indexed",
    "unchanged": "unchanged",
    "relinked": "unchanged",
    "duplicate": "duplicate",
}


@dataclass(frozen=True, slots=True)
class _Stored:
    """One uploaded file: where its copy lies (or a stand-in, where it is no image), and whether it came before."""

    name: str
    sha256: str
    item: SourceItem
    repeats: str | None = None


def add_uploads(
    service: Service,
    name: str,
    uploads: Sequence[Upload],
    *,
    label: str | None = None,
    metadata: Mapping[str, MetadataValue] | None = None,
) -> UploadOut:
    """Copy files into the service and index them; one that cannot be used does not stop the others.

    Args:
        service: the open parts.
        name: an existing collection.
        uploads: the files.
        label: of all the images, taken as validated; where the collection uses a taxonomy, a taxon of it.
        metadata: of all the images.

    Returns:
        what became of each file, in their order.

    Raises:
        CollectionNotFoundError: no collection of this name.
        FingerprintMismatchError: see `facies.api.embedders.Embedders.matching`.
        StorageError: disk full; files acknowledged before stay.
        QueryError: the label is no text that can be one.
        UnknownTaxonError: the label is no taxon of the collection's taxonomy.
    """
    workspace = service.workspace
    if label is not None:
        _check_label(label)
        label = resolve_labels(workspace, name, [label])[label]
    _find_embedder(service, name)  # a network may load here, while nobody waits for the copies
    stored: list[_Stored] = []
    outcomes: dict[str, Outcome] = {}
    with service.copies:
        try:
            for upload in uploads:
                stored.append(_store(workspace, upload, stored, label=label, metadata=metadata or {}))
            report = index_source(
                workspace,
                _find_embedder(service, name),  # again: a collection deleted meanwhile would be made anew
                name,
                ListSource("upload", tuple(one.item for one in stored if one.repeats is None)),
                limits=limits_of(service.settings),
                actor="upload",
                on_outcome=lambda outcome: outcomes.__setitem__(outcome.uri, outcome),
            )
        finally:
            _drop_unused(workspace, stored)
    images = workspace.catalog.images_of(name, [one.sha256 for one in stored])
    ids = {sha256: [record.id for record in records] for sha256, records in images.items()}
    return UploadOut(results=[_result(one, outcomes[one.item.uri], ids.get(one.sha256, []), report) for one in stored])


def find_thumbnail(service: Service, record: ImageRecord) -> Path:
    """The thumbnail of an image; made again from its original where the file was lost.

    Raises:
        OriginalMissingError: thumbnail and original are both gone.
    """
    blobs, limits = service.workspace.blobs, service.limits
    path = blobs.thumbnail(record.id)
    if path is None:
        longest_px = service.settings.images.thumbnail_px
        decoded = decode_original(
            record, max_pixels=limits.max_pixels, max_bytes=limits.max_file_bytes, draft_px=longest_px
        )
        blobs.put_thumbnail(record.id, make_thumbnail(decoded.pixels, longest_px))
        path = blobs.thumbnail(record.id)
    if path is None:
        raise StorageError(f"thumbnail of {record.id}", "it was removed while it was made")
    return path


def _check_label(label: str) -> None:
    fault = find_label_fault(label)
    if fault is not None:
        raise QueryError(f"the label of the files {fault}, got {label!r}")


def _find_embedder(service: Service, name: str) -> Embedder:
    collection = service.workspace.catalog.collection(name)
    return service.embedders.matching(service.workspace.catalog, collection, collection.embedded_vector)


def _store(
    workspace: Workspace,
    upload: Upload,
    before: Sequence[_Stored],
    *,
    label: str | None,
    metadata: Mapping[str, MetadataValue],
) -> _Stored:
    data = upload.read()
    sha256 = content_hash(data)
    for other in before:
        if other.sha256 == sha256:
            return _Stored(upload.name, sha256, other.item, repeats=other.name)
    image_format = sniff_format(data[:HEAD_BYTES])
    if image_format is None:
        head = data[:HEAD_BYTES]  # nothing more of it is looked at, so nothing more is kept
        item = SourceItem(f"upload:{len(before)}", upload.name, size=len(data), load=lambda size: head[:size])
    else:
        path = workspace.blobs.put_upload(sha256, image_format, data)
        item = SourceItem(str(path), upload.name, label, metadata, size=len(data))
    return _Stored(upload.name, sha256, item)


def _drop_unused(workspace: Workspace, stored: Sequence[_Stored]) -> None:
    """Remove the copies that no image of any collection refers to: refused files, and contents that lie elsewhere."""
    hashes = [one.sha256 for one in stored]
    used = {
        record.uri
        for collection in workspace.catalog.collections()
        for records in workspace.catalog.images_of(collection.name, hashes).values()
        for record in records
    }
    for one in stored:
        if one.item.load is None and one.item.uri not in used:
            workspace.blobs.remove_upload(Path(one.item.uri))


def _result(one: _Stored, outcome: Outcome, ids: list[str], report: IndexReport) -> UploadedOut:
    if outcome.status in {"failed", "skipped"}:  # somebody who uploads a file expects an image of it
        return UploadedOut(name=one.name, status="failed", ids=[], reason=outcome.reason)
    if one.repeats is not None:
        return UploadedOut(name=one.name, status="duplicate", ids=ids, reason=f"the same bytes as {one.repeats}")
    conflicts = [conflict.reason for conflict in report.conflicts if conflict.path == one.item.uri]
    reason = "; ".join([text for text in (outcome.reason, *conflicts) if text]) or None
    return UploadedOut(name=one.name, status=_STATUS[outcome.status], ids=ids, reason=reason)
