"""From decoded pages to acknowledged images: embed, store the points, then commit the catalogue's rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from facies.core.errors import ModelError, SourceError
from facies.core.records import CollectionRecord, FieldKind, ImageRecord, Metadata
from facies.core.store import Point
from facies.core.store.base import Vector
from facies.indexer.budget import ByteBudget
from facies.indexer.collections import payload_of, schema_of
from facies.indexer.ledger import Ledger, Outcome
from facies.indexer.limits import Limits
from facies.indexer.maintenance import drop_unlisted
from facies.indexer.reading import Page
from facies.indexer.sources import SourceItem
from facies.indexer.sources.columns import fit, value_kind, widest

if TYPE_CHECKING:
    from facies.core.workspace import Workspace
    from facies.models.embedder import Embedder


@dataclass(slots=True)
class PendingFile:
    """A file on its way.

    Attributes:
        item: the file.
        known: its images where the catalogue holds them and only the store or a thumbnail lost them.
        records: its images so far.
        metadata: in the kinds of the collection's fields.
        complete: all pages were added.
        fault: why it cannot be indexed after all.
    """

    item: SourceItem
    known: Mapping[str, ImageRecord]
    records: list[ImageRecord] = field(default_factory=list)
    metadata: Metadata = field(default_factory=dict)
    complete: bool = False
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class _Decoded:
    """A page that waits to be embedded."""

    file: PendingFile
    record: ImageRecord
    page: Page


@dataclass(frozen=True, slots=True)
class _Embedded:
    """A page that waits to be stored; its pixels are let go."""

    file: PendingFile
    record: ImageRecord
    thumbnail: bytes
    vector: Vector


class Writer:
    """Gathers pages into batches; a file is acknowledged when the rows of all its pages are committed together.

    The order is what makes a kill harmless: thumbnail, then point, then row. A point without a row is written again by
    the next run; a kill never makes a row without a point. A power cut can: rows are flushed to the disk with each
    commit, the embedded store's points only now and then (see `facies.core.store.shard`) and when a run ends, since
    flushing every batch costs about 0.1 s. `KnownFiles.check` finds such rows and has their points made again.
    """

    def __init__(
        self,
        workspace: Workspace,
        embedder: Embedder,
        collection: CollectionRecord,
        *,
        limits: Limits,
        budget: ByteBudget,
        ledger: Ledger,
        actor: str,
    ) -> None:
        """Write nothing yet."""
        self._workspace = workspace
        self._embedder = embedder
        self._collection = collection
        self._limits = limits
        self._budget = budget
        self._ledger = ledger
        self._actor = actor
        self._fields: dict[str, FieldKind] = dict(workspace.catalog.metadata_fields(collection.name))
        self._indexed_fields = dict(self._fields)
        self._files: list[PendingFile] = []
        self._batch: list[_Decoded] = []
        self._points: list[_Embedded] = []
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
        """Take a page; batches go on as they fill."""
        if file.fault is not None:
            self._budget.release(page.held)
            return
        record = file.known.get(page.image.id) or _record_of(page, file)
        file.records.append(record)
        self._batch.append(_Decoded(file, record, page))
        held = sum(decoded.page.held for decoded in self._batch)
        if len(self._batch) >= self._limits.batch_size or held >= self._limits.memory_bytes // 4:
            self._embed()
        if len(self._points) >= self._limits.upsert_size:
            self.flush()

    def finish(self, file: PendingFile) -> None:
        """All pages of the file were added."""
        file.complete = True

    def abandon(self, file: PendingFile, reason: str | None) -> None:
        """Forget a file in the middle: it failed for a reason, or the run stops (None)."""
        file.fault = reason or "interrupted"
        if reason is not None:
            file.complete = True
            return
        self._files.remove(file)
        self._drop(file)

    def flush(self) -> None:
        """Store every page and acknowledge every complete file."""
        self._embed()
        self._store()
        self._acknowledge()

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

    def _embed(self) -> None:
        batch = [decoded for decoded in self._batch if decoded.file.fault is None]
        held = sum(decoded.page.held for decoded in self._batch)
        self._batch.clear()
        try:
            self._points += self._with_vectors(batch)
        finally:
            self._budget.release(held)

    def _with_vectors(self, batch: Sequence[_Decoded]) -> list[_Embedded]:
        if not batch:
            return []
        try:
            vectors = self._embedder.embed([decoded.page.image.pixels for decoded in batch])
        except ModelError as error:
            if len(batch) == 1:
                # One picture that the network can make nothing of must not end a run over many.
                batch[0].file.fault = str(error)
                return []
            return [embedded for decoded in batch for embedded in self._with_vectors([decoded])]
        return [_Embedded(d.file, d.record, d.page.thumbnail, v) for d, v in zip(batch, vectors, strict=True)]

    def _store(self) -> None:
        ready = [embedded for embedded in self._points if embedded.file.fault is None]
        self._points.clear()
        if not ready:
            return
        for embedded in ready:
            self._workspace.blobs.put_thumbnail(embedded.record.id, embedded.thumbnail)
        if self._fields != self._indexed_fields:
            self._workspace.store.ensure(self._collection.name, schema_of(self._collection, self._fields))
            self._indexed_fields = dict(self._fields)
        name = self._collection.default_vector.name
        self._workspace.store.upsert(
            self._collection.name, [Point(e.record.id, {name: e.vector}, payload_of(e.record)) for e in ready]
        )

    def _acknowledge(self) -> None:
        done = [file for file in self._files if file.complete]
        self._files = [file for file in self._files if not file.complete]
        good = [file for file in done if file.fault is None]
        new = [record for file in good if not file.known for record in file.records]
        if new:
            self._workspace.catalog.add_images(self._collection.name, new, actor=self._actor)
            self._follow_labels(new)
        for file in done:
            self._tell(file)

    def _follow_labels(self, written: Sequence[ImageRecord]) -> None:
        """An image that was deleted and comes back has its old label back: the payload must say the same."""
        now = self._workspace.catalog.images(self._collection.name, [record.id for record in written])
        for record in written:
            current = now.get(record.id)
            if current is not None and (current.label, current.state) != (record.label, record.state):
                self._workspace.store.set_payload(self._collection.name, [record.id], payload_of(current))

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
        self._points = [e for e in self._points if e.file is not file]
        drop_unlisted(self._workspace, self._collection.name, [record.id for record in file.records])


def _record_of(page: Page, file: PendingFile) -> ImageRecord:
    image, label = page.image, file.item.label
    return ImageRecord(
        id=image.id,
        sha256=image.sha256,
        page=image.page,
        uri=file.item.uri,
        width=image.width,
        height=image.height,
        format=image.format,
        scaling=image.scaling,
        metadata=file.metadata,
        label=label,
        state=None if label is None else "validated",
    )
