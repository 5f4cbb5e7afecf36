"""Upkeep of what is indexed: delete an image or a collection, find moved originals again, drop what is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from facies.core.errors import ImageNotFoundError, SourceError
from facies.core.images import sniff_format
from facies.core.records import ImageRecord
from facies.indexer.known import hash_item
from facies.indexer.originals import is_url, original_is_gone
from facies.indexer.reading import HEAD_BYTES
from facies.indexer.sources import Source, SourceItem, open_source

if TYPE_CHECKING:
    from facies.core.workspace import Workspace

T = TypeVar("T")

_BATCH = 256


def delete_image(workspace: Workspace, collection: str, image_id: str) -> None:
    """Delete one image from a collection: its point, its row, and the files that no other collection uses.

    An original that lies outside the data folder stays, and so do the image's label events.

    Raises:
        CollectionNotFoundError, ImageNotFoundError: there is none of this name, or id.
    """
    found = workspace.catalog.images(collection, [image_id])
    if image_id not in found:
        raise ImageNotFoundError(collection, image_id)
    delete_images(workspace, collection, list(found.values()))


def delete_images(workspace: Workspace, collection: str, records: Sequence[ImageRecord]) -> None:
    """Delete images that the catalogue holds, as `delete_image` does."""
    ids = [record.id for record in records]
    # The point goes first: after a kill in between the row remains, and deleting or indexing again mends it.
    workspace.store.delete(collection, ids)
    workspace.catalog.delete_images(collection, ids)
    _drop_files(workspace, records)


def delete_collection(workspace: Workspace, collection: str) -> None:
    """Delete a collection with its vectors, labels and thumbnails; originals stay.

    Raises:
        CollectionNotFoundError: there is none of this name.
    """
    workspace.catalog.collection(collection)
    records = list(workspace.catalog.iter_images(collection))
    workspace.store.drop(collection)
    workspace.catalog.delete_collection(collection)
    for start in range(0, len(records), _BATCH):
        _drop_files(workspace, records[start : start + _BATCH])


def drop_unlisted(workspace: Workspace, collection: str, ids: Sequence[str]) -> None:
    """Delete points and thumbnails that were written for images that never got a row."""
    listed = workspace.catalog.images(collection, ids)
    unlisted = [image_id for image_id in ids if image_id not in listed]
    if not unlisted:
        return
    workspace.store.delete(collection, unlisted)
    used = _ids_in_use(workspace, unlisted)
    for image_id in unlisted:
        if image_id not in used:
            workspace.blobs.remove_thumbnail(image_id)


def relink(
    workspace: Workspace, collection: str, folder: Path, *, on_file: Callable[[str], None] | None = None
) -> tuple[int, int]:
    """Find originals that are missing by their content among the files below a folder.

    Args:
        workspace: the open data.
        collection: name of the collection.
        folder: searched with everything below it.
        on_file: told each file's name before it is read.

    Returns:
        images mended, and images whose original is still missing.

    Raises:
        CollectionNotFoundError: there is none of this name.
        SourceError: the folder cannot be listed.
    """
    missing: dict[str, int] = {}
    is_gone = cache(original_is_gone)  # a file of many pages is looked up once
    for record in workspace.catalog.iter_images(collection):
        if is_gone(record.uri):
            missing[record.sha256] = missing.get(record.sha256, 0) + 1
    mended = 0
    source = open_source(str(folder))
    try:
        for entry in source:
            if not missing:
                break
            if not isinstance(entry, SourceItem):
                continue
            if on_file is not None:
                on_file(entry.name)
            sha256 = _hash(entry)
            if sha256 in missing:
                workspace.catalog.set_uri(collection, sha256, entry.uri)
                mended += missing.pop(sha256)
    finally:
        source.close()
    return mended, sum(missing.values())


def prune(workspace: Workspace, collection: str, source: Source, seen: Mapping[str, str | None]) -> int:
    """Delete the images that came from a source and whose original is gone from it.

    Call it after a complete run over the source. An original that cannot be reached, as opposed to not being there, is
    not gone; one whose file now holds something else is.

    Args:
        workspace: the open data.
        collection: name of the collection.
        source: where the images came from.
        seen: the files that the run found, with the hash of their content; None where it could not be read.

    Returns:
        the number of images deleted.

    Raises:
        SourceError: the run found nothing, so that the source may just not be mounted.
    """
    if not seen:
        raise SourceError(
            f"nothing was found at {source.location}, so nothing is pruned: is the disk mounted? To empty the "
            "collection, delete it instead."
        )
    gone: list[ImageRecord] = []
    is_gone = cache(original_is_gone)
    for record in workspace.catalog.iter_images(collection):
        if record.uri in seen:
            if seen[record.uri] not in {None, record.sha256}:
                gone.append(record)  # another image has taken its place
        elif source.owns(record.uri) and is_gone(record.uri):
            gone.append(record)
    for start in range(0, len(gone), _BATCH):
        delete_images(workspace, collection, gone[start : start + _BATCH])
    return len(gone)


def sweep_orphans(workspace: Workspace, *, older_than_s: float = 3600) -> int:
    """Remove thumbnails, copies of uploads and half-written files that no image of any collection refers to.

    A kill leaves them: between a copy and its row, or between a row's deletion and its files'. Young files stay, since
    where a Qdrant server keeps the vectors another process may be about to write their rows. So do originals outside
    the data folder, and files whose names are not ours.

    Args:
        workspace: the open data.
        older_than_s: how long nobody wrote or touched what is removed.

    Returns:
        the number of files removed.

    Raises:
        StorageError: a folder cannot be written.
    """
    blobs = workspace.blobs
    removed = blobs.remove_old_parts(older_than_s)
    for ids in _batches(blobs.old_thumbnails(older_than_s)):
        used = _ids_in_use(workspace, ids)
        for image_id in ids:
            if image_id not in used:
                blobs.remove_thumbnail(image_id)
                removed += 1
    for uploads in _batches(blobs.old_uploads(older_than_s)):
        # By name: rows written before the data folder was moved still say where the copy lay then.
        names = {Path(uri).name for uri in _uris_in_use(workspace, [sha256 for sha256, _ in uploads])}
        for _, path in uploads:
            if path.name not in names:
                blobs.remove_upload(path)
                removed += 1
    return removed


def _hash(item: SourceItem) -> str | None:
    """Hash a file that may be an image; None where it is none, is too large, or cannot be read."""
    try:
        if sniff_format(item.read_up_to(HEAD_BYTES)) is None:
            return None
        return hash_item(item)
    except OSError:
        return None


def _drop_files(workspace: Workspace, records: Sequence[ImageRecord]) -> None:
    used = _ids_in_use(workspace, [record.id for record in records])
    for record in records:
        if record.id not in used:
            workspace.blobs.remove_thumbnail(record.id)
    uploads = {r.uri: r.sha256 for r in records if not is_url(r.uri) and workspace.blobs.is_upload(Path(r.uri))}
    if not uploads:
        return
    # By path, not by content: a collection that holds the same bytes from a folder does not need the copy.
    files = {Path(uri).resolve() for uri in _uris_in_use(workspace, list(uploads.values()))}
    for uri in uploads:
        if Path(uri).resolve() not in files:
            workspace.blobs.remove_upload(Path(uri))


def _ids_in_use(workspace: Workspace, ids: Sequence[str]) -> set[str]:
    """Blobs are named by content, so several collections may share one."""
    return {i for c in workspace.catalog.collections() for i in workspace.catalog.images(c.name, ids)}


def _uris_in_use(workspace: Workspace, sha256s: Sequence[str]) -> set[str]:
    """Where the images of any collection that have these contents lie, on this machine's disks."""
    return {
        record.uri
        for collection in workspace.catalog.collections()
        for records in workspace.catalog.images_of(collection.name, sha256s).values()
        for record in records
        if not is_url(record.uri)
    }


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    remaining = iter(items)
    while batch := list(islice(remaining, _BATCH)):
        yield batch
