"""Jobs of kind ``whiten``. Begun again, one starts anew: until its last step nothing that is in use has changed."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

from facies.indexer.jobs.index_job import order_graph
from facies.indexer.jobs.parameters import WhitenParameters
from facies.indexer.limits import limits_of
from facies.indexer.whitening import WhitenedReport, choose_source, stage_whitening, use_whitening

if TYPE_CHECKING:
    from facies.indexer.jobs.work import Work
    from facies.indexer.sampling import ViewEmbedder


def run(work: Work) -> dict[str, Any]:
    """Whiten a vector of a collection, and search by it from then on; gives a `facies.indexer.whitening` report.

    Raises:
        JobBrokenOffError: the attempt was to end; what was in use still is.
        FaciesError: see `facies.indexer.whitening.stage_whitening`.
    """
    given = work.parameters(WhitenParameters)
    source = choose_source(work.workspace.catalog.collection(given.collection), given.vector)
    work.progress("loading the network")
    # What embeds a collection's images is a network, and each of those tells views apart.
    embedder = cast("ViewEmbedder", work.embedders.get(source.fingerprint.card, source.fingerprint))
    staged = stage_whitening(
        work.workspace,
        given.collection,
        embedder,
        source.name,
        sample=given.sample,
        seed=given.seed,
        limits=limits_of(work.settings),
        progress=work.follow("whitening"),
        stop=work.stop,
    )
    if staged.report.interrupted:
        work.end_early(_body(staged.report))
    work.check()  # the last moment: what follows is one step
    report = use_whitening(work.workspace, staged)
    report.notes += order_graph(work, given.collection)
    return _body(report)


def _body(report: WhitenedReport) -> dict[str, Any]:
    return {**asdict(report), "failures": [failure.model_dump(mode="json") for failure in report.failures]}
