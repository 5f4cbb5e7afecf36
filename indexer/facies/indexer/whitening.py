"""Whitening of a collection: a projection fitted on its own images, without labels, and the vectors that it makes.

The raw vectors stay. Fitted again, on all that is there by then, every image gets the next generation, which takes the
place of the one before it in one step (see `facies.indexer.generations`); images that come later get the frozen fit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from facies.core.errors import ConfigurationError, FingerprintMismatchError, QueryError
from facies.core.records import CollectionRecord, VectorRecord
from facies.indexer.generations import check_replaceable, find_generation
from facies.indexer.limits import Limits
from facies.indexer.progress import OnProgress
from facies.indexer.sampling import ViewEmbedder, ViewSample, embed_sample, pick_ids, read_vectors
from facies.indexer.staging import DerivedReport, Stage, Staged, find_source, use_staged
from facies.models.whitening import MIN_IMAGES, fit_whitening

if TYPE_CHECKING:
    from facies.core.metrics import Embeddings
    from facies.core.workspace import Workspace
    from facies.models.embedder import Views
    from facies.models.projection import Projection

KIND: Final = "whitened"

SAMPLE: Final = 1000
"""Images whose views are embedded anew for a fit, unless somebody wants more or fewer."""

_ENOUGH: Final = 200
"""Images from which on a fit is trusted; the smallest set that it was measured with has 236 (docs/quality.md)."""

MOST_VECTORS: Final = 50_000
"""Vectors that a fit takes the mean and the spread of a collection from; of 1280 numbers these are 256 MB."""

Fit: TypeAlias = "Callable[[Embeddings, Views], Projection]"
"""Takes vectors (n, d), unit rows, and the views (m, v, d) of some images, whose means are such vectors."""


@dataclass(slots=True)
class WhitenedReport(DerivedReport):
    """What became of a whitening.

    Attributes:
        sampled: images whose views the fit has seen.
        fitted_on: vectors whose mean and spread it has seen.
    """

    sampled: int = 0
    fitted_on: int = 0


Whitening: TypeAlias = Staged[WhitenedReport]
"""A whitening whose vectors are there and not in use yet."""


def choose_source(record: CollectionRecord, vector: str | None) -> VectorRecord:
    """The vector to be whitened: the one named, else the one that images are embedded for.

    Raises:
        QueryError: the collection has none of this name, or it is computed itself.
        CatalogError: others are computed from what would be replaced.
    """
    source = find_source(record, vector)
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
    run = _Run(workspace, name, embedder, vector, progress=progress, stop=stop)
    views = run.sample(sample, seed, limits)
    if run.stage.stopped:
        return run.stage.end(None)
    vectors = read_vectors(workspace.store, name, run.source.name, MOST_VECTORS, seed)
    run.report.fitted_on = len(vectors)
    projection = (fit or fit_whitening)(vectors, views)
    del vectors, views  # as large as everything else together
    return run.stage.fill(projection)


def use_whitening(workspace: Workspace, staged: Whitening) -> WhitenedReport:
    """Put what `stage_whitening` made in use, in one step, and say what is left to do.

    Raises:
        CatalogError: images that were found before would be lost; nothing changed.
    """
    report = use_staged(workspace, staged)
    if staged.generation is not None and report.sampled < _ENOUGH:
        report.notes.append(
            f"{report.sampled} images are few to learn from (it was measured with {_ENOUGH} and more), and some small "
            f"collections are found better without: `facies evaluate -c {report.collection} --compare {report.source} "
            f"{report.vector} --rerank` tells by their labels, `facies collections set-default {report.collection} "
            f"{report.source}` takes it back"
        )
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
        stop: threading.Event | None,
    ) -> None:
        self.source = choose_source(workspace.catalog.collection(name), vector)
        differences = self.source.fingerprint.differences(embedder.fingerprint)
        if differences:
            raise FingerprintMismatchError(name, differences, vector=self.source.name)
        self.report = WhitenedReport(name, "", self.source.name)
        self._stop = stop or threading.Event()
        self.stage = Stage(workspace, self.source, KIND, self.report, progress=progress, stop=self._stop)
        self._workspace = workspace
        self._name = name
        self._embedder = embedder

    def sample(self, wanted: int, seed: int, limits: Limits | None) -> Views:
        """Embed the views of some images."""
        ids = pick_ids(self._workspace.store, self._name, wanted, seed)
        self.stage.ahead = len(ids)
        found = embed_sample(
            self._workspace,
            self._name,
            ids,
            self._embedder,
            limits=limits,
            check=self._check_views,
            told=self.stage.tell,
            stop=self._stop,
        )
        self.report.sampled = len(found.views)
        self.report.failures += found.failures
        if not self.stage.stopped:
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


def _check_enough(name: str, sample: ViewSample, wanted: int) -> None:
    usable = len(sample.views)
    if usable >= MIN_IMAGES:
        return
    unread = f", {len(sample.failures):,} could not be read" if sample.failures else ""
    first = f" (first: {sample.failures[0].path}: {sample.failures[0].reason})" if sample.failures else ""
    raise ConfigurationError(
        f"a whitening of collection {name!r} needs {MIN_IMAGES} images whose originals can be read, and found {usable} "
        f"in a sample of {wanted:,}{unread}{first}. Index more images, take a larger sample (--sample N), or where "
        f"originals have moved find them with `facies index --relink DIR -c {name}`."
    )
