"""Files whose content the collection, or the run, has met before: unchanged, moved, or a copy; never a second image."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from facies.core.images import content_hash
from facies.core.records import ImageRecord, Metadata
from facies.indexer.additions import Additions
from facies.indexer.labelling.mirror import has_drifted, mend_payload
from facies.indexer.ledger import Ledger, Outcome
from facies.indexer.originals import MAX_BYTES, is_url, open_stream, original_is_gone
from facies.indexer.sources import SourceItem

if TYPE_CHECKING:
    from facies.core.workspace import Workspace

Records: TypeAlias = tuple[ImageRecord, ...]

_CHECK_SIZE = 256
"""Files whose points are looked up in the store at once."""

_CHUNK_BYTES = 2**20


@dataclass(slots=True)
class Keeper:
    """The file that keeps some content: its label, and whether this run counted it already."""

    uri: str
    label: str | None
    counted: bool = True


@dataclass(frozen=True, slots=True)
class _Kept:
    item: SourceItem
    records: Records
    status: Literal["unchanged", "relinked"]


class KnownFiles:
    """Decides what a file is whose content is known; checks that the store and the thumbnails still have it.

    The file that came first keeps the content, with its label and metadata. Only what nobody ever said is filled in:
    the label of an image without label events.
    """

    def __init__(
        self,
        workspace: Workspace,
        collection: str,
        ledger: Ledger,
        *,
        additions: Additions,
        make_again: Callable[[SourceItem, Records], None],
        fit: Callable[[Metadata], Metadata],
    ) -> None:
        """Know no file yet.

        Args:
            workspace: the open data.
            collection: name of the collection.
            ledger: is told what became of each file.
            additions: adds the labels that fill gaps.
            make_again: decodes and embeds a file whose images lost their vector or thumbnail, and tells the ledger.
            fit: brings metadata into the kinds of the collection's fields.
        """
        self._workspace = workspace
        self._collection = collection
        self._ledger = ledger
        self._additions = additions
        self._make_again = make_again
        self._fit = fit
        self._keepers: dict[str, Keeper] = {}
        self._unchecked: list[_Kept] = []
        self._labels_filled = 0
        self._metadata_differs = 0

    def keeper(self, sha256: str) -> Keeper | None:
        """The file of this run, or of the catalogue, that keeps some content; None where this run has not met it."""
        return self._keepers.get(sha256)

    def keep(self, sha256: str, item: SourceItem) -> None:
        """A new file keeps this content from now on."""
        self._keepers[sha256] = Keeper(item.uri, item.label)

    def forget(self, sha256: str) -> None:
        """The file could not be used after all."""
        del self._keepers[sha256]

    def meet(self, item: SourceItem, sha256: str, records: Records) -> None:
        """Deal with a file whose content the catalogue holds."""
        keeper = self._keepers.get(sha256)
        if keeper is not None:
            if not keeper.counted and keeper.uri == item.uri:
                keeper.counted = True
                self._stay(item, records, "unchanged")
            else:
                note_duplicate(self._ledger, item, keeper)
            return
        first = records[0]
        if _is_same_file(item.uri, first.uri):
            self._keepers[sha256] = Keeper(item.uri, first.label)
            self._stay(item, records, "unchanged")
        elif not _still_holds(first.uri, sha256):
            self._keepers[sha256] = Keeper(item.uri, first.label)
            self._workspace.catalog.set_uri(self._collection, sha256, item.uri)
            self._stay(item, records, "relinked")
        else:
            self._keepers[sha256] = Keeper(first.uri, first.label, counted=False)
            note_duplicate(self._ledger, item, self._keepers[sha256])

    def check(self) -> None:
        """Make sure of the points and thumbnails of the files met so far; make again what is lost."""
        waiting, self._unchecked = self._unchecked, []
        ids = [record.id for kept in waiting for record in kept.records]
        points = self._workspace.store.get(self._collection, ids, vectors=False) if ids else {}
        for kept in waiting:
            records = self._fill_labels(kept)
            if not all(r.id in points and self._workspace.blobs.thumbnail(r.id) for r in records):
                self._make_again(kept.item, records)
                continue
            # A kill between row and payload, or a label that came with this run.
            for record in records:
                if has_drifted(record, points[record.id].payload):
                    mend_payload(self._workspace.store, self._collection, record)
            self._ledger.note(Outcome(kept.item.uri, kept.status, tuple(record.id for record in records)))

    def notes(self) -> list[str]:
        """What a person should know beside the counts."""
        said = []
        if self._labels_filled:
            said.append(f"{self._labels_filled} images that had no label got the one of this source")
        if self._metadata_differs:
            said.append(
                f"{self._metadata_differs} files have other metadata than when they were indexed; the first is kept"
            )
        return said

    def _stay(self, item: SourceItem, records: Records, status: Literal["unchanged", "relinked"]) -> None:
        first = records[0]
        if item.label is not None and first.label is not None and first.label != item.label:
            self._ledger.conflict(item.uri, item.label, first.label, "the collection")
        if item.metadata and dict(self._fit(item.metadata)) != dict(first.metadata):
            self._metadata_differs += 1
        self._unchecked.append(_Kept(item, records, status))
        if len(self._unchecked) >= _CHECK_SIZE:
            self.check()

    def _fill_labels(self, kept: _Kept) -> Records:
        label, records = kept.item.label, kept.records
        if label is None or all(record.label is not None for record in records):
            return records
        bare = [record for record in records if record.label is None]
        self._additions.add([_labelled(r, label) for r in bare])
        now = self._workspace.catalog.images(self._collection, [record.id for record in records])
        self._labels_filled += sum(record.id in now and now[record.id].label is not None for record in bare)
        return tuple(now.get(record.id, record) for record in records)


def note_duplicate(ledger: Ledger, item: SourceItem, keeper: Keeper) -> None:
    """Count a file whose bytes another file holds, and the conflict where their labels differ."""
    if item.label is not None and keeper.label is not None and item.label != keeper.label:
        ledger.conflict(item.uri, item.label, keeper.label, keeper.uri)
    ledger.note(Outcome(item.uri, "duplicate", reason=f"the same bytes as {keeper.uri}"))


def _labelled(record: ImageRecord, label: str) -> ImageRecord:
    return replace(record, label=label, state="validated")


def _still_holds(uri: str, sha256: str) -> bool:
    """Whether a file still has the content that was indexed from it; yes, where it cannot be read just now."""
    if original_is_gone(uri):
        return False
    try:
        return hash_item(SourceItem(uri, uri)) in {sha256, None}
    except OSError:
        return True


def hash_item(item: SourceItem) -> str | None:
    """Hash the content of a file.

    A local file is read piece by piece, whatever its size; what comes from an archive or the network is read up to
    `facies.indexer.originals.MAX_BYTES`.

    Returns:
        the SHA-256 in hexadecimal digits; None where the file is too large.

    Raises:
        OSError: it cannot be read.
    """
    if item.load is None and not is_url(item.uri):
        whole = hashlib.sha256()
        with open_stream(item.uri) as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                whole.update(chunk)
        return whole.hexdigest()
    if item.size is not None and item.size > MAX_BYTES:
        return None
    data = item.read_up_to(MAX_BYTES + 1)
    return None if len(data) > MAX_BYTES else content_hash(data)


def _is_same_file(one: str, other: str) -> bool:
    if one == other:
        return True
    if is_url(one) or is_url(other):
        return False
    try:
        return Path(one).samefile(other)
    except OSError:
        return False
