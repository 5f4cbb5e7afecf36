"""Another model for a collection that exists: its vectors beside those that are there, no label touched.

Every image is embedded from its original. A run may be killed at any moment; the next one embeds what still lacks the
vector, and nothing else.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final

from facies.core.errors import ModelError
from facies.core.records import ImageRecord
from facies.core.wire import FailureOut
from facies.indexer.collections import vector_name_of
from facies.indexer.derived import fill_all_derived
from facies.indexer.embedding import Embedded, EmbeddingStage
from facies.indexer.limits import Limits
from facies.indexer.progress import OnProgress, ProgressUpdate
from facies.indexer.reading import Event, Page, ReadAhead, Refused
from facies.indexer.sources import SourceItem

if TYPE_CHECKING:
    from facies.core.store import Vector
    from facies.core.workspace import Workspace
    from facies.models.embedder import Embedder

_IDS_AT_ONCE: Final = 256


@dataclass(slots=True)
class AddedModelReport:
    """What became of a further model.

    Attributes:
        collection: its name.
        vector: name of the named vector.
        embedded: images that got the vector in this run.
        lacking: images that still have none.
        is_default: whether searches use it unless they name another.
        failures: the images that could not be embedded, by their original, with the reason.
        notes: what a person should know.
        interrupted: the run was stopped before its end; running it again goes on.
        seconds: how long it took.
    """

    collection: str
    vector: str
    embedded: int = 0
    lacking: int = 0
    is_default: bool = False
    failures: list[FailureOut] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    interrupted: bool = False
    seconds: float = 0.0


def fill_vector(
    workspace: Workspace,
    collection: str,
    embedder: Embedder,
    vector: str | None = None,
    *,
    limits: Limits | None = None,
    progress: OnProgress | None = None,
    stop: threading.Event | None = None,
) -> AddedModelReport:
    """Embed the original of every image that lacks a named vector, and compute what follows from that vector.

    Args:
        workspace: the open data.
        collection: its name; the vector must be there, see `facies.indexer.named_vectors.open_vector`.
        embedder: makes the vectors.
        vector: what they are called; like the embedder's card where left out.
        limits: bounds of memory and batches.
        progress: told after each batch.
        stop: looked at for every page; when set, the run ends early and keeps what it has.

    Raises:
        StorageError: disk full; what was stored stays.
    """
    run = _Filling(
        workspace,
        collection,
        vector or vector_name_of(embedder.name),
        embedder,
        limits=limits or Limits(),
        progress=progress,
        stop=stop or threading.Event(),
    )
    try:
        run.go()
    finally:
        run.close()
    if not run.report.interrupted:
        fill_all_derived(workspace, collection, run.report.vector, stop)
    workspace.store.flush()
    return finish_report(workspace, run.report, run.started)


def finish_report(workspace: Workspace, report: AddedModelReport, started: float) -> AddedModelReport:
    """Count what still lacks the vector, and say what to do about it."""
    name, vector = report.collection, report.vector
    report.lacking = workspace.store.count(name, lacking=vector)
    report.is_default = workspace.catalog.collection(name).default_vector.name == vector
    report.seconds = round(time.monotonic() - started, 3)
    lost = workspace.catalog.count(name) - workspace.store.count(name)
    if lost > 0:
        report.notes.append(f"{lost:,} images have lost all their vectors; index their source again")
    if report.interrupted:
        report.notes.append("interrupted: what was embedded is kept; run the same command again to go on")
    elif report.lacking:
        report.notes.append(
            f"{report.lacking:,} images have no vector {vector}; where originals have moved, `facies index --relink "
            f"DIR -c {name}` finds them, then run this again"
        )
    return report


def make_default(workspace: Workspace, report: AddedModelReport) -> bool:
    """Let searches use the vector from now on; not while images lack it, since these would never be found again."""
    if report.lacking or report.interrupted:
        report.notes.append(f"{report.vector} was not made the default, since {report.lacking:,} images lack it")
        return False
    workspace.catalog.set_default_vector(report.collection, report.vector)
    report.is_default = True
    return True


@dataclass(slots=True)
class _File:
    """An original whose images lack the vector.

    Attributes:
        item: where it lies.
        sha256: the hash of its content when it was indexed.
        wanted: ids of its images that lack the vector, and did not come yet.
    """

    item: SourceItem
    sha256: str
    wanted: set[str]


class _Filling:
    """One run over the images that lack a vector."""

    def __init__(
        self,
        workspace: Workspace,
        collection: str,
        vector: str,
        embedder: Embedder,
        *,
        limits: Limits,
        progress: OnProgress | None,
        stop: threading.Event,
    ) -> None:
        self.report = AddedModelReport(collection, vector)
        self.started = time.monotonic()
        self._workspace = workspace
        self._name = collection
        self._vector = vector
        self._size = limits.upsert_size
        self._progress = progress
        self._stop = stop
        self._reader = ReadAhead(limits, embedder=embedder)
        self._stage: EmbeddingStage[tuple[str, str]] = EmbeddingStage(embedder, limits.upsert_size)
        self._rows: dict[str, Vector] = {}
        self._under_way: deque[_File] = deque()
        self._total = 0

    def go(self) -> None:
        """Take every file, or as many as there are until the run is stopped."""
        self._total = self._workspace.store.count(self._name, lacking=self._vector)
        for _, events in self._reader.files(self._items()):
            if self._stop.is_set():
                break
            self._take(self._under_way.popleft(), events)
        self.report.interrupted = self._stop.is_set()
        self._keep(self._stage.collect(everything=True))
        self._store()

    def close(self) -> None:
        """End the threads."""
        self._reader.close()
        self._stage.close()

    def _items(self) -> Iterator[SourceItem]:
        """Give the files to read, and remember in their order what is wanted of each."""
        whole: set[str] = set()  # files of several pages, which are read once for all their pages
        ids = (point.id for point in self._workspace.store.scroll(self._name, lacking=self._vector))
        while batch := list(islice(ids, _IDS_AT_ONCE)):
            for record in self._workspace.catalog.images(self._name, batch).values():
                if record.sha256 in whole:
                    continue
                if record.page is not None:
                    whole.add(record.sha256)
                file = _File(SourceItem(record.uri, record.uri), record.sha256, self._wanted(record))
                self._under_way.append(file)
                yield file.item

    def _wanted(self, record: ImageRecord) -> set[str]:
        if record.page is None:
            return {record.id}
        pages = self._workspace.catalog.images_of(self._name, [record.sha256]).get(record.sha256, [])
        points = self._workspace.store.get(self._name, [page.id for page in pages])
        return {image_id for image_id, point in points.items() if self._vector not in point.vectors}

    def _take(self, file: _File, events: Iterator[Event]) -> None:
        reason = "it has no such page any more"
        for event in events:
            if self._stop.is_set():
                return
            if isinstance(event, Refused):
                reason = event.reason
            elif isinstance(event, Page) and event.sha256 != file.sha256:
                reason = "another file has taken its place"
            elif isinstance(event, Page) and event.id in file.wanted and event.prepared is not None:
                file.wanted.discard(event.id)
                self._stage.add((event.id, file.item.uri), event.prepared)
            self._keep(self._stage.collect())
        for _ in file.wanted:
            self._fail(file.item.uri, reason)

    def _keep(self, embedded: Iterable[tuple[tuple[str, str], Embedded]]) -> None:
        for (image_id, uri), vector in embedded:
            if isinstance(vector, ModelError):
                self._fail(uri, str(vector))
                continue
            if vector is None:  # stopped before its turn
                continue
            self._rows[image_id] = vector
            if len(self._rows) >= self._size:
                self._store()

    def _store(self) -> None:
        rows, self._rows = self._rows, {}
        if rows:
            self._workspace.store.put_vectors(self._name, self._vector, rows)
            self.report.embedded += len(rows)
        self._tell()

    def _fail(self, uri: str, reason: str) -> None:
        self.report.failures.append(FailureOut(path=uri, reason=reason))
        self._tell()

    def _tell(self) -> None:
        if self._progress is not None:
            done = self.report.embedded + len(self.report.failures)
            elapsed = time.monotonic() - self.started
            self._progress(ProgressUpdate(done=done, total=self._total, images=self.report.embedded, elapsed_s=elapsed))


def list_failures(failures: Sequence[FailureOut], at_most: int = 20) -> list[str]:
    """Name some failures, a line each, for a person."""
    lines = [f"{failure.path}: {failure.reason}" for failure in failures[:at_most]]
    if len(failures) > at_most:
        lines.append(f"and {len(failures) - at_most:,} more; --json lists them all")
    return lines
