"""The third stage: vectors in, acknowledged images out; points are stored, then the catalogue's rows committed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from facies.core.errors import ModelError, SourceError
from facies.core.records import CollectionRecord, FieldKind, ImageRecord, Metadata
from facies.core.store import Point
from facies.core.store.base import Vector
from facies.indexer.additions import Additions
from facies.indexer.collections import payload_of, schema_of
from facies.indexer.derived import Derivations
from facies.indexer.embedding import Embedded, EmbeddingStage
from facies.indexer.labelling.mirror import mirror_labels
from facies.indexer.ledger import Ledger, Outcome
from facies.indexer.maintenance import drop_unlisted
from facies.indexer.reading import Page
from facies.indexer.sources import SourceItem
from facies.indexer.sources.columns import fit, value_kind, widest

if TYPE_CHECKING:
    from facies.core.workspace import Workspace


@dataclass(slots=True, eq=False)
class PendingFile:
    """A file on its way.

    Attributes:
        item: the file.
        known: its images where the catalogue holds them and only the store or a thumbnail lost them.
        records: its images so far.
        metadata: in the kinds of the collection's fields.
        unstored: pages that were added and wait for their vector or for the store.
        complete: all pages were added.
        fault: why it cannot be indexed after all.
    """

    item: SourceItem
    known: Mapping[str, ImageRecord]
    records: list[ImageRecord] = field(default_factory=list)
    metadata: Metadata = field(default_factory=dict)
    unstored: int = 0
    complete: bool = False
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class NewPage:
    """A page on its way: its file, what the catalogue will say of it, and its thumbnail."""

    file: PendingFile
    record: ImageRecord
    thumbnail: bytes


class Writer:
    """Stores pages as their vectors come; a file is acknowledged when the rows of all its pages are committed together.

    A page is stored with its vector and with all that the collection computes from that.

    The order is what makes a kill harmless: thumbnail, then point, then row. A point without a row is written again by
    the next run; a kill never makes a row without a point. A power cut can: rows are flushed to the disk with each
    commit, the embedded store's points only now and then (see `facies.core.store.shard`) and when a run ends, since
    flushing every batch costs about 0.1 s. `KnownFiles.check` finds such rows and has their points made again.
    """

    def __init__(
        self,
        workspace: Workspace,
        embedding: EmbeddingStage[NewPage],
        collection: CollectionRecord,
        *,
        upsert_size: int,
        ledger: Ledger,
        additions: Additions,
    ) -> None:
        """Write nothing yet."""
        self._workspace = workspace
        self._embedding = embedding
        self._collection = collection
        self._upsert_size = upsert_size
        self._ledger = ledger
        self._additions = additions
        self._vector = collection.embedded_vector.name
        self._derivations = Derivations(workspace.catalog)
        self._fields: dict[str, FieldKind] = dict(workspace.catalog.metadata_fields(collection.name))
        self._indexed_fields = dict(self._fields)
        self._files: list[PendingFile] = []
        self._points: list[tuple[NewPage, Vector]] = []
        self.restored = 0

    def open(self, item: SourceItem, known: Sequence[ImageRecord] = ()) -> PendingFile:
        """Begin a file; ``known`` are its images where the catalogue holds them already."""
        file = PendingFile(item, {record.id: record for record in known})
        try:
            self._widen_fields(item)
            file.metadata = self.fit(item.metadata)
        except SourceError as error:
            file.fault = str(error)
        self._files.append(file)
        return file

    def add(self, file: PendingFile, page: Page) -> None:
        """Take a page, and store what is embedded meanwhile as soon as there is enough of it."""
        if file.fault is None and page.prepared is not None:
            record = file.known.get(page.id) or _record_of(page, file)
            file.records.append(record)
            file.unstored += 1
            self._embedding.add(NewPage(file, record, page.thumbnail), page.prepared)
        self._take(self._embedding.collect())

    def finish(self, file: PendingFile) -> None:
        """All pages of the file were added."""
        file.complete = True

    def abandon(self, file: PendingFile, reason: str | None) -> None:
        """Forget a file in the middle: it failed for a reason, or the run stops (None)."""
        file.fault = reason or "interrupted"
        if reason is not None:
            file.complete = True
            return
        if file in self._files:
            self._files.remove(file)
            self._drop(file)

    def flush(self) -> None:
        """Wait for all vectors, store every page, and acknowledge every complete file."""
        self._take(self._embedding.collect(everything=True))
        self._store()
        self._acknowledge()

    def close(self) -> None:
        """End the embedding thread; what it had not given back is dropped."""
        self._embedding.close()

    def fit(self, metadata: Metadata) -> Metadata:
        """Bring metadata into the kinds of the collection's fields."""
        return fit(metadata, self._fields)

    def _widen_fields(self, item: SourceItem) -> None:
        for name, value in item.metadata.items():
            known, kind = self._fields.get(name), value_kind(value)
            if known in {"integer", "float"} and kind == "keyword":
                raise SourceError(
                    f"metadata {name} is {value!r}, but the collection holds numbers there; correct it or rename it"
                )
            self._fields[name] = "keyword" if known == "keyword" else widest([known or kind, kind])

    def _take(self, embedded: Iterable[tuple[NewPage, Embedded]]) -> None:
        for page, vector in embedded:
            if vector is None:
                self.abandon(page.file, None)
                continue
            if isinstance(vector, ModelError):
                # One picture that the network can make nothing of must not end a run over many.
                page.file.unstored -= 1
                page.file.fault = page.file.fault or str(vector)
                continue
            self._points.append((page, vector))
            if len(self._points) >= self._upsert_size:
                self._store()
                self._acknowledge()

    def _store(self) -> None:
        points, self._points = self._points, []
        for page, _ in points:
            page.file.unstored -= 1
        ready = [(page, vector) for page, vector in points if page.file.fault is None]
        if not ready:
            return
        for page, _ in ready:
            self._workspace.blobs.put_thumbnail(page.record.id, page.thumbnail)
        # Read anew: another process may have put a derived vector in the place of another one since the run began.
        collection = self._workspace.catalog.collection(self._collection.name)
        if self._fields != self._indexed_fields:
            self._workspace.store.ensure(collection.name, schema_of(collection, self._fields))
            self._indexed_fields = dict(self._fields)
        named = self._derivations.complete(collection, self._vector, [vector for _, vector in ready])
        self._workspace.store.upsert(
            collection.name,
            [
                Point(page.record.id, vectors, payload_of(page.record))
                for (page, _), vectors in zip(ready, named, strict=True)
            ],
        )

    def _acknowledge(self) -> None:
        done = [file for file in self._files if file.complete and not file.unstored]
        self._files = [file for file in self._files if not file.complete or file.unstored]
        good = [file for file in done if file.fault is None]
        new = [record for file in good if not file.known for record in file.records]
        if new:
            named_before = self._additions.add(new)
            # An image that was deleted and comes back has its old label back: the payload must say the same.
            mirror_labels(self._workspace, self._collection.name, sorted(named_before))
        for file in done:
            self._tell(file)

    def _tell(self, file: PendingFile) -> None:
        ids = tuple(record.id for record in file.records)
        if file.fault is not None:
            self._drop(file)
            self._ledger.note(Outcome(file.item.uri, "failed", reason=file.fault))
        elif file.known:
            self.restored += len(ids)
            self._ledger.note(Outcome(file.item.uri, "unchanged", ids))
        else:
            self._ledger.note(Outcome(file.item.uri, "indexed", ids))

    def _drop(self, file: PendingFile) -> None:
        drop_unlisted(self._workspace, self._collection.name, [record.id for record in file.records])


def _record_of(page: Page, file: PendingFile) -> ImageRecord:
    label = file.item.label
    return ImageRecord(
        id=page.id,
        sha256=page.sha256,
        page=page.number,
        uri=file.item.uri,
        width=page.width,
        height=page.height,
        format=page.format,
        scaling=page.scaling,
        metadata=file.metadata,
        label=label,
        state=None if label is None else "validated",
    )
