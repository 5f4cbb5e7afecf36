"""Jobs of kind ``add-model``. One that was broken off goes on: what has the vector is not embedded again."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from facies.indexer.further_models import AddedModelReport, fill_vector, make_default
from facies.indexer.jobs.index_job import order_graph
from facies.indexer.jobs.parameters import AddModelParameters
from facies.indexer.limits import limits_of
from facies.indexer.model_addition import choose_addition, find_complete, open_addition

if TYPE_CHECKING:
    from facies.core.records import Fingerprint
    from facies.indexer.jobs.work import Work
    from facies.models.embedder import Embedder
    from facies.models.recipes import Recipe

_TOLD_FAILURES = 50


def run(work: Work) -> dict[str, Any]:
    """Embed the images of a collection with a further model; gives a `facies.indexer.further_models` report.

    Raises:
        JobBrokenOffError: the attempt was to end; what was embedded is kept.
        FaciesError: see `facies.indexer.model_addition` and `facies.indexer.further_models.fill_vector`.
    """
    given = work.parameters(AddModelParameters)
    wanted = choose_addition(given.collection, given.model, vector=given.vector, recipe=given.recipe)
    report = find_complete(work.workspace, work.settings, wanted)
    if report is None:

        def load(like: Fingerprint | None, recipe: Recipe | None) -> Embedder:
            return work.embedders.get(wanted.card, like, recipe=recipe)

        work.progress("loading the network")
        embedder = open_addition(work.workspace, wanted, load)
        report = fill_vector(
            work.workspace,
            given.collection,
            embedder,
            wanted.vector,
            limits=limits_of(work.settings),
            progress=work.follow("embedding"),
            stop=work.stop,
        )
        for failure in report.failures[:_TOLD_FAILURES]:
            work.log(f"{failure.path}: {failure.reason}", "warning")
        if report.interrupted:
            work.end_early(_body(report))
    # Also where nothing was left to embed: an attempt before may have been killed behind its last vector.
    report.notes += order_graph(work, given.collection)
    if given.default:
        work.check()  # the last moment: what follows is one step
        make_default(work.workspace, report)
    return _body(report)


def _body(report: AddedModelReport) -> dict[str, Any]:
    return {**asdict(report), "failures": [failure.model_dump(mode="json") for failure in report.failures]}
