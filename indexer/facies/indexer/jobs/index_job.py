"""Jobs of kind ``index``. One that was broken off goes on where it was: what is there is not embedded again."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from facies.core.errors import AccessError, FaciesError
from facies.indexer.collections import check_model, check_recipe, find_collection
from facies.indexer.jobs.parameters import IndexParameters
from facies.indexer.limits import limits_of
from facies.indexer.originals import is_url
from facies.indexer.pipeline import index_source
from facies.indexer.sources import open_source

if TYPE_CHECKING:
    from facies.core.wire import IndexReport
    from facies.indexer.jobs.work import Work
    from facies.models.embedder import Embedder

GRAPH_NOTE: Final = (
    "the graph over all vectors is being built by a job of its own; searches and other jobs go on meanwhile"
)
_TOLD_FAILURES: Final = 50


def run(work: Work) -> dict[str, Any]:
    """Index the source of the job's parameters; gives an `facies.core.wire.IndexReport`.

    Raises:
        JobBrokenOffError: the attempt was to end; what was acknowledged is kept.
        FaciesError: see `facies.indexer.pipeline.index_source`.
    """
    given = work.parameters(IndexParameters)
    within = None if given.within is None else [Path(os.path.realpath(root)) for root in given.within]
    work.progress("opening the source")
    check_within(given.path, within)
    source = open_source(given.path, labels=given.labels, within=within)
    try:
        work.progress("loading the network")
        embedder, notes = choose_embedder(work, given)
        report = index_source(
            work.workspace,
            embedder,
            given.collection,
            source,
            preset=given.preset,
            limits=limits_of(work.settings),
            actor=work.job.actor,
            progress=work.follow("indexing"),
            stop=work.stop,
        )
    finally:
        source.close()
    for failure in report.failures[:_TOLD_FAILURES]:
        work.log(f"{failure.path}: {failure.reason}", "warning")
    if report.interrupted:
        work.end_early(_body(report, notes))
    return _body(report, [*notes, *order_graph(work, given.collection)])


def check_within(path: str, roots: Sequence[Path] | None) -> None:
    """Refuse a path that leads, links followed, out of the roots: it may have become another one since the order.

    Raises:
        AccessError: it does, or is a URL while there are roots.
    """
    if roots is None:
        return
    real = Path(os.path.realpath(path))
    if is_url(path) or not any(real.is_relative_to(root) for root in roots):
        raise AccessError(
            f"{path} lies outside the folders that this job may read ({', '.join(map(str, roots))}). Put it into one "
            "of them, or add its folder to FACIES_API__ALLOWED_ROOTS and order the job again."
        )


def choose_embedder(work: Work, given: IndexParameters) -> tuple[Embedder, list[str]]:
    """The embedder of the collection, or the one that a new collection gets; and what to say about the choice.

    Raises:
        ConfigurationError, RecipeError: the collection belongs to another model, or is made by another recipe.
        UnknownModelError, WeightsNotFoundError: there is no such model, or nothing has its weights.
    """
    from facies.models.presets import choose_card, choose_recipe

    record = find_collection(work.workspace, given.collection)
    if record is not None:
        made = record.embedded_vector.fingerprint
        if given.model is not None:
            check_model(record, given.model)
        if given.recipe is not None:
            check_recipe(record.name, made, given.recipe)
        return work.embedders.get(made.card, made), []
    card, notes = given.model, list[str]()
    if card is None:
        card, notes = choose_card(given.preset, settings=work.settings.models, weights_dir=work.settings.weights_dir)
    recipe = choose_recipe(given.preset, card, given.recipe).recipe
    return work.embedders.get(card, recipe=recipe), notes


def order_graph(work: Work, collection: str) -> list[str]:
    """Order the building of the graph where the collection has outgrown the one it has; gives what to say about it.

    What was written is there whatever happens here, so a failure is told and nothing is raised. A store that builds
    by itself is left to it, and a build that waits is not ordered twice.
    """
    from facies.core.store import needs_optimizing

    store = work.workspace.store
    try:
        if store.optimizes_itself:
            return []
        if not needs_optimizing(store.describe(collection), work.settings.store.graph_above):
            return []
        if not work.workspace.catalog.jobs(states=("queued",), kinds=("optimise",), collection=collection, limit=1):
            work.desk.order("optimise", {"collection": collection}, actor=work.job.actor, priority=work.job.priority)
    except FaciesError as error:
        return [f"the graph is not being built, so searches scan what it misses: {error.message}"]
    return [GRAPH_NOTE]


def _body(report: IndexReport, notes: list[str]) -> dict[str, Any]:
    return report.model_copy(update={"notes": [*notes, *report.notes]}).model_dump(mode="json")
