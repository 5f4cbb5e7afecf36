"""The indexer: files in, acknowledged images out, in three stages that work at the same time.

1. Reading (`facies.indexer.reading`): threads read, hash, decode and prepare files ahead.
2. Embedding (`facies.indexer.embedding`): one thread turns batches of prepared images into vectors.
3. Writing (`facies.indexer.writing`): this thread takes the files in order, decides what each is to the collection,
   hands new pages to the embedding thread, and stores and acknowledges what comes back.

What waits between two stages is bounded, so each waits for the slowest. A run may be killed at any moment: what was
acknowledged stays, and the next run goes on from there.
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Protocol, TypeAlias

from facies.core.errors import SourceError
from facies.core.records import CollectionRecord, FieldKind, ImageRecord
from facies.core.wire import IndexReport
from facies.indexer.additions import Additions
from facies.indexer.collections import open_collection
from facies.indexer.embedding import EmbeddingStage
from facies.indexer.known import KnownFiles, note_duplicate
from facies.indexer.labelling.mirror import follow_labels
from facies.indexer.ledger import Ledger, OnOutcome
from facies.indexer.limits import Limits
from facies.indexer.maintenance import prune as prune_source
from facies.indexer.maintenance import sweep_orphans
from facies.indexer.named_vectors import describe_gaps
from facies.indexer.progress import OnProgress, tell
from facies.indexer.reading import Event, Finished, Known, Lookup, Page, ReadAhead, Refused
from facies.indexer.sources import ManifestSource, Source, SourceEntry, SourceItem, Unusable, without_own_parts
from facies.indexer.writing import Writer

if TYPE_CHECKING:
    from facies.core.workspace import Workspace
    from facies.models.embedder import Embedder


class Reader(Protocol):
    """The first stage, wherever it runs."""

    def files(self, entries: Iterable[SourceEntry]) -> Iterator[tuple[SourceEntry, Iterator[Event]]]:
        """Give each entry with its events, in the order of the entries."""

    def read(self, item: SourceItem) -> Iterator[Event]:
        """Read one file and decode it although the catalogue may know it."""

    def close(self) -> None:
        """Let go of whatever reads."""


MakeReader: TypeAlias = Callable[[Lookup], Reader]


def index_source(
    workspace: Workspace,
    embedder: Embedder,
    collection: str,
    source: Source,
    *,
    preset: str = "generic",
    limits: Limits | None = None,
    prune: bool = False,
    actor: str = "index",
    progress: OnProgress | None = None,
    on_outcome: OnOutcome | None = None,
    stop: threading.Event | None = None,
    reader: MakeReader | None = None,
) -> IndexReport:
    """Index the images of a source into a collection, which is made where it is missing.

    Running it again changes nothing; content that is there already is neither decoded nor embedded. Files that cannot
    be used are listed in the report and end nothing.

    Args:
        workspace: the open data.
        embedder: makes the vectors; it must be the one that made the collection's.
        collection: name of the collection.
        source: where the images lie; the caller closes it.
        preset: recorded for a collection that is made.
        limits: bounds of memory and batches.
        prune: after a complete run, delete images of this source whose original is gone.
        actor: who does it, for the label events.
        progress: told after each file.
        on_outcome: told what became of each file, once that is certain.
        stop: looked at for every page; when set, the run ends early, keeps what it has, and reports ``interrupted``.
        reader: makes the first stage, if it is not to be threads of this process.

    Returns:
        what became of the files, with the reason of every failure.

    Raises:
        FingerprintMismatchError, DimensionMismatchError, ConfigurationError: the embedder does not fit the collection;
            nothing was written.
        SourceError: the source cannot be listed, or `prune` found nothing at it.
        StorageError: disk full; what was acknowledged stays.
    """
    record = open_collection(workspace, collection, preset, embedder)
    run = _Run(
        workspace,
        embedder,
        record,
        limits=limits or Limits(),
        ledger=Ledger(collection, embedder.name, on_outcome),
        additions=Additions(workspace.catalog, collection, actor=actor, origin=source.location),
        stop=stop or threading.Event(),
        reader=reader,
    )
    try:
        run.go(source, progress)
    finally:
        run.close()
    if prune and not run.ledger.report.interrupted:
        _prune(run, workspace, collection, source)
    follow_labels(workspace, collection)
    workspace.store.flush()
    for note in describe_gaps(workspace, collection):
        run.ledger.say(note)
    return run.ledger.finish()


class _Run:
    """One run over a source."""

    def __init__(
        self,
        workspace: Workspace,
        embedder: Embedder,
        collection: CollectionRecord,
        *,
        limits: Limits,
        ledger: Ledger,
        additions: Additions,
        stop: threading.Event,
        reader: MakeReader | None,
    ) -> None:
        self.ledger = ledger
        self.contents: dict[str, str | None] = {}
        self.all_listed = True
        self._catalog = workspace.catalog
        self._name = collection.name
        self._stop = stop
        self._reader: Reader = (
            ReadAhead(limits, lookup=self._lookup, embedder=embedder, thumbnail_px=limits.thumbnail_px)
            if reader is None
            else reader(self._lookup)
        )
        self._writer = Writer(
            workspace,
            EmbeddingStage(embedder, limits.upsert_size, stop),
            collection,
            upsert_size=limits.upsert_size,
            ledger=ledger,
            additions=additions,
        )
        self._known = KnownFiles(
            workspace, self._name, ledger, additions=additions, make_again=self._make_again, fit=self._writer.fit
        )

    def go(self, source: Source, progress: OnProgress | None) -> None:
        """Take every file, or as many as there are until the run is stopped."""
        if isinstance(source, ManifestSource):
            check_columns(source, self._name, self._catalog.metadata_fields(self._name))
        source = without_own_parts(source)
        total = source.count() if progress else None
        for entry, events in self._reader.files(source):
            if self._stop.is_set():
                break
            self._take(entry, events)
            tell(progress, self.ledger, total)
        self._known.check()
        self._writer.flush()
        tell(progress, self.ledger, total)
        self._say()

    def close(self) -> None:
        """End the threads."""
        self._reader.close()
        self._writer.close()

    def _lookup(self, sha256: str) -> tuple[ImageRecord, ...]:
        if not self._catalog.has_content(self._name, sha256):
            return ()
        return tuple(self._catalog.images_of(self._name, [sha256]).get(sha256, ()))

    def _take(self, entry: SourceEntry, events: Iterator[Event]) -> None:
        if isinstance(entry, SourceItem):
            self.contents[entry.uri] = None
        elif isinstance(entry, Unusable) and entry.may_hide_files:
            self.all_listed = False
        first = next(events)
        if isinstance(first, Refused):
            self.ledger.refuse(entry.uri, first.reason, expected=first.expected)
        elif isinstance(entry, SourceItem) and isinstance(first, Known):
            self.contents[entry.uri] = first.sha256
            self._known.meet(entry, first.sha256, first.records)
        elif isinstance(entry, SourceItem) and isinstance(first, Page):
            self.contents[entry.uri] = first.sha256
            self._meet_new(entry, first, events)

    def _meet_new(self, item: SourceItem, first: Page, events: Iterator[Event]) -> None:
        sha256 = first.sha256
        keeper = self._known.keeper(sha256)
        if keeper is not None:
            deque(events, maxlen=0)  # the same bytes were new a moment ago; its pages are not wanted again
            note_duplicate(self.ledger, item, keeper)
            return
        self._known.keep(sha256, item)
        if not self._write(item, (), itertools.chain([first], events)):
            self._known.forget(sha256)

    def _make_again(self, item: SourceItem, records: tuple[ImageRecord, ...]) -> None:
        self._write(item, records, self._reader.read(item))

    def _write(self, item: SourceItem, known: tuple[ImageRecord, ...], events: Iterator[Event]) -> bool:
        """Hand a file's pages to the writer; False where it failed or the run was stopped in its middle."""
        file = self._writer.open(item, known)
        for event in events:
            match event:
                case Page() if self._stop.is_set():
                    self._writer.abandon(file, None)
                    return False
                case Page():
                    self._writer.add(file, event)
                case Refused():
                    self._writer.abandon(file, event.reason)
                case Finished() | Known():
                    self._writer.finish(file)
        return file.fault is None

    def _say(self) -> None:
        if self._stop.is_set():
            self.ledger.report.interrupted = True
            self.ledger.say("interrupted: what was acknowledged is kept; run the same command again to go on")
        if self._writer.restored:
            self.ledger.say(f"{self._writer.restored} images had lost their vector or thumbnail; these were made again")
        for note in self._known.notes():
            self.ledger.say(note)


def check_columns(source: ManifestSource, collection: str, fields: Mapping[str, FieldKind]) -> None:
    """Refuse a manifest with text in a column where the collection holds numbers.

    Raises:
        SourceError: there is such a column.
    """
    for column, kind in source.fields.items():
        if kind == "keyword" and fields.get(column, kind) != kind:
            raise SourceError(
                f"column {column!r} of {source.location} holds text ({source.text_in(column)}), but collection "
                f"{collection!r} holds numbers there; correct the cell or rename the column"
            )


def _prune(run: _Run, workspace: Workspace, collection: str, source: Source) -> None:
    if not run.all_listed:
        run.ledger.say("nothing was pruned: parts of the source could not be read, so what seems gone may be there")
        return
    run.ledger.report.pruned = prune_source(workspace, collection, source, run.contents)
    sweep_orphans(workspace)
