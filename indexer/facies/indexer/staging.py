"""A projection that was fitted just now, on its way into use: every image gets its vector, then searches may use it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from facies.core.records import SHORT_DIGEST, CollectionRecord, VectorRecord
from facies.core.wire import FailureOut
from facies.indexer.derived import Filled, fill_derived
from facies.indexer.generations import (
    Generation,
    discard_generation,
    find_generation,
    open_generation,
    sweep_generations,
    use_generation,
)
from facies.indexer.named_vectors import add_command, find_vector, get_vector
from facies.indexer.progress import OnProgress, ProgressUpdate

if TYPE_CHECKING:
    from facies.core.workspace import Workspace
    from facies.models.projection import Projection


@dataclass(slots=True)
class DerivedReport:
    """What became of a vector that is computed from another one.

    Attributes:
        collection: its name.
        vector: the derived named vector that is in use now.
        source: the named vector that it is computed from.
        projection: the first digits of the projection's digest.
        written: images that got the vector in this run.
        lacking: images that have none, since they lack what it is computed from.
        replaced: the generation that was in use before.
        is_default: whether searches use the vector unless they name another.
        failures: images that could not be read, or not be projected.
        notes: what a person should know.
        interrupted: the run was stopped before its end; what was in use still is.
        seconds: how long it took.
    """

    collection: str
    vector: str
    source: str
    projection: str = ""
    written: int = 0
    lacking: int = 0
    replaced: str | None = None
    is_default: bool = False
    failures: list[FailureOut] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    interrupted: bool = False
    seconds: float = 0.0


Report = TypeVar("Report", bound=DerivedReport)


@dataclass(frozen=True, slots=True)
class Staged(Generic[Report]):
    """Vectors that are there and not in use yet.

    Attributes:
        report: so far.
        generation: None where there is nothing to be put in use.
        started: on the clock of `time.monotonic`.
    """

    report: Report
    generation: Generation | None
    started: float


class Stage(Generic[Report]):
    """Computes the next generation of a derived vector for all images of a collection."""

    def __init__(
        self,
        workspace: Workspace,
        source: VectorRecord,
        kind: str,
        report: Report,
        *,
        progress: OnProgress | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        """Sweep what kills have left, and note in the report which generation is in use.

        Args:
            workspace: the open data.
            source: the vector that it is computed from.
            kind: names the generations, e.g. ``whitened``.
            report: names the collection; is filled in on the way.
            progress: told after each batch.
            stop: when set, the run ends early and leaves what was in use.
        """
        record = workspace.catalog.collection(report.collection)
        self.started = time.monotonic()
        self.ahead = 0
        """Images that are worked on before any vector is computed, for the progress."""
        self._workspace = workspace
        self._source = source
        self._kind = kind
        self._report = report
        self._progress = progress
        self._stop = stop or threading.Event()
        self._points = workspace.store.count(record.name)
        self._forerunner = find_generation(record, source, kind)
        if self._forerunner is not None:
            report.vector = self._forerunner.name
        sweep_generations(workspace, record, source, kind)

    @property
    def stopped(self) -> bool:
        """Whether somebody has asked to stop."""
        return self._stop.is_set()

    def fill(self, projection: Projection) -> Staged[Report]:
        """Compute the vectors of all images.

        Raises:
            ConfigurationError: the name would be too long.
            CatalogError: others are computed from the generation in use.
            StorageError: disk full; what was in use still is.
        """
        store, name = self._workspace.store, self._report.collection
        self._report.projection = projection.digest[:SHORT_DIGEST]
        if self._forerunner is not None and self._forerunner.projection == projection.digest:
            self._report.notes.append(f"the fit came out as that of {self._forerunner.name}, which stays in use")
            self._note(fill_derived(store, name, self._forerunner, projection, told=self._tell_filled))
            return self.end(None)
        generation = open_generation(self._workspace, name, self._source, self._kind, projection)
        self._note(fill_derived(store, name, generation.vector, projection, told=self._tell_filled, stop=self._stop))
        if self.stopped:
            discard_generation(self._workspace, generation)
            return self.end(None)
        self._report.vector = generation.vector.name
        self._report.replaced = None if self._forerunner is None else self._forerunner.name
        return self.end(generation)

    def end(self, generation: Generation | None) -> Staged[Report]:
        """Say how it ended."""
        if self.stopped and generation is None:
            self._report.interrupted = True
            self._report.notes.append("interrupted: nothing was changed; run the same command again")
        return Staged(self._report, generation, self.started)

    def tell(self, done: int) -> None:
        """Tell of the progress: of the images that are worked on ahead, and then of those that are computed."""
        if self._progress is not None:
            elapsed_s = time.monotonic() - self.started
            total = self.ahead + self._points
            self._progress(ProgressUpdate(done=done, total=total, images=done, elapsed_s=elapsed_s))

    def _tell_filled(self, written: int) -> None:
        self.tell(self.ahead + written)

    def _note(self, filled: Filled) -> None:
        self._report.written = filled.written
        records = self._workspace.catalog.images(self._report.collection, list(filled.refused))
        self._report.failures += [
            FailureOut(path=record.uri, reason=filled.refused[record.id]) for record in records.values()
        ]


def use_staged(workspace: Workspace, staged: Staged[Report], *, default: bool = True) -> Report:
    """Put what was staged in use, in one step, and say what is left to do.

    Args:
        workspace: the open data.
        staged: its vectors are there.
        default: whether a first generation becomes the default; a later one takes the rank of the one before it.

    Raises:
        CatalogError: images that were found before would be lost; nothing changed.
    """
    report = staged.report
    if staged.generation is not None and not use_generation(workspace, staged.generation, default=default):
        report.notes.append(
            f"{report.vector} was not made the default, since it does not find all that the default finds; once it "
            f"does, `facies collections set-default {report.collection} {report.vector}` makes it so"
        )
    describe_use(workspace, report)
    report.seconds = round(time.monotonic() - staged.started, 3)
    return report


def describe_use(workspace: Workspace, report: DerivedReport) -> None:
    """Say in a report whether its vector is the default, and how many images lack it."""
    record = workspace.catalog.collection(report.collection)
    there = find_vector(record, report.vector)
    if there is None:  # there is none yet
        return
    report.is_default = record.default_vector == there
    report.lacking = workspace.store.count(record.name, lacking=there.name)
    if report.lacking:
        command = add_command(record.name, record.origin_of(there))
        report.notes.append(
            f"{report.lacking:,} images have no vector {there.name}, since they lack what it is computed from: "
            f"`{command}` makes both"
        )


def find_source(record: CollectionRecord, vector: str | None) -> VectorRecord:
    """The vector that another is to be computed from: the one named, else the one that images are embedded for.

    Raises:
        QueryError: the collection has none of this name.
    """
    return record.embedded_vector if vector is None else get_vector(record, vector)
