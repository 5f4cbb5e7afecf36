"""Whitening of a collection: a projection fitted on its own images, without labels, and the vectors that it makes.

The raw vectors stay. Fitted again, on all that is there by then, every image gets the next generation, which takes the
place of the one before it in one step (see `facies.indexer.generations`); images that come later get the frozen fit.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from facies.core.errors import ConfigurationError, FingerprintMismatchError, QueryError
from facies.core.records import SHORT_DIGEST, CollectionRecord, VectorRecord
from facies.core.wire import FailureOut
from facies.indexer.derived import Filled, fill_derived
from facies.indexer.generations import (
    Generation,
    check_replaceable,
    discard_generation,
    find_generation,
    open_generation,
    sweep_generations,
    use_generation,
)
from facies.indexer.limits import Limits
from facies.indexer.named_vectors import add_command, find_vector
from facies.indexer.progress import OnProgress, ProgressUpdate
from facies.indexer.sampling import ViewEmbedder, ViewSample, embed_sample, pick_ids, read_vectors

if TYPE_CHECKING:
    from facies.core.metrics import Embeddings
    from facies.core.workspace import Workspace
    from facies.models.embedder import Views
    from facies.models.projection import Projection

KIND: Final = "whitened"

SAMPLE: Final = 1000
"""Images whose views are embedded anew for a fit, unless somebody wants more or fewer."""

FEWEST: Final = 50
"""Usable images of a sample below which a fit says more about them than about what they show."""

MOST_VECTORS: Final = 50_000
"""Vectors that a fit takes the mean and the spread of a collection from; of 1280 numbers these are 256 MB."""

Fit: TypeAlias = "Callable[[Embeddings, Views], Projection]"
"""Takes vectors (n, d), unit rows, and the views (m, v, d) of some images, whose means are such vectors."""


@dataclass(slots=True)
class WhitenedReport:
    """What became of a whitening.

    Attributes:
        collection: its name.
        vector: the whitened named vector that is in use now.
        source: the named vector that it is computed from.
        projection: the first digits of the projection's digest.
        sampled: images whose views the fit has seen.
        fitted_on: vectors whose mean and spread it has seen.
        written: images that got the vector in this run.
        lacking: images that have none, since they lack what it is computed from.
        replaced: the generation that was in use before.
        is_default: whether searches use the vector unless they name another.
        failures: images of the sample that could not be read, and images that could not be projected.
        notes: what a person should know.
        interrupted: the run was stopped before its end; what was in use still is.
        seconds: how long it took.
    """

    collection: str
    vector: str
    source: str
    projection: str = ""
    sampled: int = 0
    fitted_on: int = 0
    written: int = 0
    lacking: int = 0
    replaced: str | None = None
    is_default: bool = False
    failures: list[FailureOut] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    interrupted: bool = False
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Whitening:
    """A whitening whose vectors are there and not in use yet.

    Attributes:
        report: so far.
        generation: None where there is nothing to be put in use.
        started: on the clock of `time.monotonic`.
    """

    report: WhitenedReport
    generation: Generation | None
    started: float


def choose_source(record: CollectionRecord, vector: str | None) -> VectorRecord:
    """The vector to be whitened: the one named, else the one that images are embedded for.

    Raises:
        QueryError: the collection has none of this name, or it is computed itself.
        CatalogError: others are computed from what would be replaced.
    """
    source = record.embedded_vector if vector is None else find_vector(record, vector)
    if source is None:
        known = ", ".join(one.name for one in record.vectors)
        raise QueryError(f"collection {record.name!r} has no vector {vector!r}. There are: {known}.")
    if source.is_derived:
        raise QueryError(
            f"vector {source.name!r} of collection {record.name!r} is computed from {source.source!r} itself. Give "
            f"`--vector {record.origin_of(source).name}`, and it is fitted anew."
        )
    forerunner = find_generation(record, source, KIND)
    if forerunner is not None:
        check_replaceable(record, forerunner)
    return source


def stage_whitening(
    workspace: Workspace,
    name: str,
    embedder: ViewEmbedder,
    vector: str | None = None,
    *,
    sample: int = SAMPLE,
    seed: int = 0,
    fit: Fit | None = None,
    limits: Limits | None = None,
    progress: OnProgress | None = None,
    stop: threading.Event | None = None,
) -> Whitening:
    """Fit a whitening on a collection, and compute the vectors of all its images; none is in use yet.

    Args:
        workspace: the open data.
        name: of the collection.
        embedder: made the raw vectors, and tells views apart.
        vector: the raw vectors; None: those that images are embedded for.
        sample: how many images are decoded for the fit, spread evenly.
        seed: of that choice; the same one with the same images fits the same projection.
        fit: makes the projection; None: `facies.models.whitening.fit_whitening`.
        limits: bounds of memory and threads.
        progress: told after each batch.
        stop: when set, the run ends early and leaves what was in use.

    Raises:
        CollectionNotFoundError: there is no such collection.
        QueryError, CatalogError: see `choose_source`.
        FingerprintMismatchError: the embedder makes other vectors.
        ConfigurationError: too few images can be read, or the vectors are made of one view.
        StorageError: disk full; what was in use still is.
    """
    run = _Run(workspace, name, embedder, vector, progress=progress, stop=stop or threading.Event())
    views = run.sample(sample, seed, limits)
    if run.stopped:
        return run.end(None)
    vectors = read_vectors(workspace.store, name, run.source.name, MOST_VECTORS, seed)
    run.report.fitted_on = len(vectors)
    projection = (fit or _fit)(vectors, views)
    del vectors, views  # as large as everything else together
    return run.fill(projection)


def use_whitening(workspace: Workspace, staged: Whitening) -> WhitenedReport:
    """Put what `stage_whitening` made in use, in one step, and say what is left to do.

    Raises:
        CatalogError: images that were found before would be lost; nothing changed.
    """
    report = staged.report
    if staged.generation is not None and not use_generation(workspace, staged.generation):
        report.notes.append(
            f"{report.vector} was not made the default, since it does not find all that the default finds; once it "
            f"does, `facies collections set-default {report.collection} {report.vector}` makes it so"
        )
    record = workspace.catalog.collection(report.collection)
    there = find_vector(record, report.vector)
    if there is None:  # interrupted before there was one
        report.seconds = round(time.monotonic() - staged.started, 3)
        return report
    report.is_default = record.default_vector == there
    report.lacking = workspace.store.count(record.name, lacking=there.name)
    if report.lacking:
        command = add_command(record.name, record.origin_of(there))
        report.notes.append(
            f"{report.lacking:,} images have no vector {there.name}, since they lack what it is computed from: "
            f"`{command}` makes both"
        )
    report.seconds = round(time.monotonic() - staged.started, 3)
    return report


class _Run:
    """One whitening on its way."""

    def __init__(
        self,
        workspace: Workspace,
        name: str,
        embedder: ViewEmbedder,
        vector: str | None,
        *,
        progress: OnProgress | None,
        stop: threading.Event,
    ) -> None:
        record = workspace.catalog.collection(name)
        self.source = choose_source(record, vector)
        differences = self.source.fingerprint.differences(embedder.fingerprint)
        if differences:
            raise FingerprintMismatchError(name, differences, vector=self.source.name)
        self.started = time.monotonic()
        self._forerunner = find_generation(record, self.source, KIND)
        in_use = "" if self._forerunner is None else self._forerunner.name
        self.report = WhitenedReport(name, in_use, self.source.name)
        self._workspace = workspace
        self._name = name
        self._embedder = embedder
        self._progress = progress
        self._stop = stop
        self._sample_size = 0
        self._points = workspace.store.count(name)
        sweep_generations(workspace, record, self.source, KIND)

    @property
    def stopped(self) -> bool:
        """Whether somebody has asked to stop."""
        return self._stop.is_set()

    def sample(self, wanted: int, seed: int, limits: Limits | None) -> Views:
        """Embed the views of some images."""
        ids = pick_ids(self._workspace.store, self._name, wanted, seed)
        self._sample_size = len(ids)
        found = embed_sample(
            self._workspace,
            self._name,
            ids,
            self._embedder,
            limits=limits,
            check=self._check_views,
            told=self._tell,
            stop=self._stop,
        )
        self.report.sampled = len(found.views)
        self.report.failures += found.failures
        if not self.stopped:
            _check_enough(self._name, found, wanted)
        return found.views

    def _check_views(self, views: Views) -> None:
        if len(views) > 1:
            return
        card = self.source.fingerprint.card
        raise ConfigurationError(
            f"vector {self.source.name!r} of collection {self._name!r} is made of one view of an image, and a "
            "whitening learns from what several views of one differ in. Make vectors of several: `facies collections "
            f"add-model {self._name} --model {card} --recipe default --as {self.source.name}-views --default`."
        )

    def fill(self, projection: Projection) -> Whitening:
        """Compute the vectors of all images."""
        store = self._workspace.store
        self.report.projection = projection.digest[:SHORT_DIGEST]
        if self._forerunner is not None and self._forerunner.projection == projection.digest:
            self.report.notes.append(f"the fit came out as that of {self._forerunner.name}, which stays in use")
            self._note(fill_derived(store, self._name, self._forerunner, projection, told=self._tell_filled))
            return self.end(None)
        generation = open_generation(self._workspace, self._name, self.source, KIND, projection)
        self._note(
            fill_derived(store, self._name, generation.vector, projection, told=self._tell_filled, stop=self._stop)
        )
        if self.stopped:
            discard_generation(self._workspace, generation)
            return self.end(None)
        self.report.vector = generation.vector.name
        self.report.replaced = None if self._forerunner is None else self._forerunner.name
        return self.end(generation)

    def end(self, generation: Generation | None) -> Whitening:
        """Say how it ended."""
        if self.stopped and generation is None:
            self.report.interrupted = True
            self.report.notes.append("interrupted: nothing was changed; run the same command again")
        return Whitening(self.report, generation, self.started)

    def _note(self, filled: Filled) -> None:
        self.report.written = filled.written
        records = self._workspace.catalog.images(self._name, list(filled.refused))
        self.report.failures += [
            FailureOut(path=record.uri, reason=filled.refused[record.id]) for record in records.values()
        ]

    def _tell_filled(self, written: int) -> None:
        self._tell(self._sample_size + written)

    def _tell(self, done: int) -> None:
        if self._progress is not None:
            elapsed_s = time.monotonic() - self.started
            total = self._sample_size + self._points
            self._progress(ProgressUpdate(done=done, total=total, images=done, elapsed_s=elapsed_s))


def _check_enough(name: str, sample: ViewSample, wanted: int) -> None:
    usable = len(sample.views)
    if usable >= FEWEST:
        return
    unread = f", {len(sample.failures):,} could not be read" if sample.failures else ""
    first = f" (first: {sample.failures[0].path}: {sample.failures[0].reason})" if sample.failures else ""
    raise ConfigurationError(
        f"a whitening of collection {name!r} needs {FEWEST} images whose originals can be read, and found {usable} in "
        f"a sample of {wanted:,}{unread}{first}. Index more images, take a larger sample (--sample N), or where "
        f"originals have moved find them with `facies index --relink DIR -c {name}`."
    )


def _fit(vectors: Embeddings, views: Views) -> Projection:
    from facies.models.whitening import fit_whitening

    return fit_whitening(vectors, views)
