"""What ``facies evaluate`` does: vectors are made or read, measured, and told of."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from rich.console import Console

from facies.core.cli import print_json
from facies.core.errors import ConfigurationError
from facies.core.settings import Settings, load_settings
from facies.indexer.evaluation.autolabel import PRECISIONS, evaluate_autolabel
from facies.indexer.evaluation.autolabel_summary import print_autolabel, summarise_autolabel
from facies.indexer.evaluation.bisection import PAGE, PRECISION, evaluate_bisection
from facies.indexer.evaluation.bisection_summary import print_bisection, summarise_bisection
from facies.indexer.evaluation.comparison import Contender, recommend
from facies.indexer.evaluation.dump import RankingKept
from facies.indexer.evaluation.gallery import Gallery, embed_gallery
from facies.indexer.evaluation.order import Order, Target, check_order, list_targets
from facies.indexer.evaluation.protocol import Evaluation, evaluate
from facies.indexer.evaluation.report import write_report
from facies.indexer.evaluation.selection import align, take_part
from facies.indexer.evaluation.stored import read_gallery
from facies.indexer.evaluation.subjects import Subjects, list_collection, list_source
from facies.indexer.evaluation.summary import summarise, summarise_comparison
from facies.indexer.evaluation.tables import print_comparison, print_evaluation, print_remarks
from facies.indexer.evaluation.unknowns import evaluate_unknowns
from facies.indexer.evaluation.unknowns_summary import print_unknown_groups, summarise_unknowns
from facies.indexer.generations import has_learnt
from facies.indexer.limits import limits_of
from facies.indexer.progress import ProgressBar
from facies.indexer.sources import open_source

if TYPE_CHECKING:
    from facies.core.records import CollectionRecord
    from facies.core.workspace import Workspace
    from facies.models.rerank import Reranker

_PAGES = (PAGE, PAGE // 2, PAGE * 5 // 2)
"""Images of a page that growing is measured with; the figures at the head are those of the first."""


def run(order: Order) -> int:
    """Carry out the command, print its figures, and give the exit status.

    Raises:
        FaciesError: what stood in the way.
    """
    check_order(order)
    started = time.monotonic()
    said = Console(stderr=True)
    with ExitStack() as held:
        galleries = _load_galleries(order, load_settings(), said, held)
        if order.protocol == "autolabel":
            found = _label(order, galleries[0], said)
        elif order.protocol == "bisection":
            found = _grow(order, galleries[0], said)
        elif order.protocol == "unknowns":
            found = _group(order, galleries[0], said)
        else:
            found = _compare(order, galleries, said) if order.compare else _measure(order, galleries[0], said)
    if order.as_json:
        subject = {"source": order.source} if order.collection is None else {"collection": order.collection}
        print_json({**subject, **found, "seconds": round(time.monotonic() - started, 3)})
    return 0


def _measure(order: Order, gallery: Gallery, said: Console) -> dict[str, object]:
    gallery = take_part(gallery)
    kept = None if order.dump is None else RankingKept()
    evaluation = _evaluate(order, gallery, said, kept)
    if kept is not None and order.dump is not None:
        kept.write(order.dump, evaluation)
    if order.report is not None:
        write_report(order.report, gallery, evaluation)
    print_evaluation(gallery, evaluation, Console(stderr=order.as_json))
    return summarise(gallery, evaluation)


def _label(order: Order, gallery: Gallery, said: Console) -> dict[str, object]:
    gallery = take_part(gallery)
    with said.status(f"labelling {gallery.name}"):
        found = evaluate_autolabel(
            gallery.vectors, gallery.labels, groups=gallery.groups, precisions=order.precisions or PRECISIONS
        )
    print_autolabel(gallery, found, Console(stderr=order.as_json))
    return summarise_autolabel(gallery, found)


def _grow(order: Order, gallery: Gallery, said: Console) -> dict[str, object]:
    gallery = take_part(gallery)
    precision = order.precisions[0] if order.precisions else PRECISION
    with said.status(f"labelling {gallery.name}"):
        found = [evaluate_bisection(gallery.vectors, gallery.labels, page=page, precision=precision) for page in _PAGES]
    print_bisection(gallery, found, Console(stderr=order.as_json))
    return summarise_bisection(gallery, found)


def _group(order: Order, gallery: Gallery, said: Console) -> dict[str, object]:
    gallery = take_part(gallery)
    with said.status(f"grouping {gallery.name}"):
        found = evaluate_unknowns(gallery.vectors, gallery.labels)
    print_unknown_groups(gallery, found, Console(stderr=order.as_json))
    return summarise_unknowns(gallery, found)


def _compare(order: Order, galleries: Sequence[Gallery], said: Console) -> dict[str, object]:
    galleries = [take_part(gallery) for gallery in align(galleries)]
    contenders = [
        Contender(g.name, _evaluate(order, g, said), g.images_per_s, int(g.vectors.shape[1])) for g in galleries
    ]
    recommendation = recommend(contenders)
    chosen = [contender.name for contender in contenders].index(recommendation.name)
    if order.report is not None:
        write_report(order.report, galleries[chosen], contenders[chosen].evaluation, contenders, recommendation)
    console = Console(stderr=order.as_json)
    print_comparison(contenders, recommendation, console)
    print_remarks(galleries[chosen], console)
    return {
        **summarise(galleries[chosen], contenders[chosen].evaluation),
        **summarise_comparison(contenders, recommendation),
    }


def _evaluate(order: Order, gallery: Gallery, said: Console, kept: RankingKept | None = None) -> Evaluation:
    with said.status(f"measuring {gallery.name}"):
        return evaluate(
            gallery.vectors,
            gallery.labels,
            groups=gallery.groups,
            rerank=_reranker(order),
            raw=gallery.raw,
            on_block=kept,
        )


def _reranker(order: Order) -> Reranker | None:
    from facies.models.rerank import RERANKERS

    if order.rerank_by is not None:
        return RERANKERS[order.rerank_by]
    return RERANKERS["diffusion"] if order.rerank else None


def _load_galleries(order: Order, settings: Settings, said: Console, held: ExitStack) -> list[Gallery]:
    """Read what is stored and embed the rest; what reports still read from stays open as long as ``held``."""
    if order.source is not None:
        source = open_source(order.source, labels=order.where_labels_are)
        held.callback(source.close)
        targets = list_targets(order)
        _check_cards(targets)
        subjects = list_source(source, order.grouping)
        return list(_embed(order, targets, subjects, settings, said))
    from facies.core.workspace import open_workspace

    # The data are let go before anything is embedded or measured, so that others may open them meanwhile.
    with open_workspace(settings) as workspace:
        record = workspace.catalog.collection(str(order.collection))
        targets = list_targets(order, tuple(vector.name for vector in record.vectors))
        _check_cards(targets)
        _check_untaught(record, targets)
        stored = {
            target: read_gallery(workspace, record.name, target.vector, order.grouping)
            for target in targets
            if target.card is None
        }
        subjects = _subjects(order, workspace, targets)
    embedded = _embed(order, [target for target in targets if target.card is not None], subjects, settings, said)
    return [stored[target] if target in stored else next(embedded) for target in targets]


def _subjects(order: Order, workspace: Workspace, targets: Sequence[Target]) -> Subjects:
    if all(target.card is None for target in targets):
        return Subjects(())
    return list_collection(workspace, str(order.collection), order.grouping)


def _embed(
    order: Order, targets: Sequence[Target], subjects: Subjects, settings: Settings, said: Console
) -> Iterator[Gallery]:
    for target in targets:
        card = str(target.card)
        with ProgressBar(said, f"embedding {card}:{target.recipe}") as bar:
            yield embed_gallery(
                subjects,
                card,
                target.recipe,
                weights=order.weights if card == order.model else None,
                raw=order.euclidean,
                settings=settings,
                limits=limits_of(settings),
                progress=bar,
            )


def _check_untaught(record: CollectionRecord, targets: Sequence[Target]) -> None:
    """Refuse to compare a vector that has learnt from the labels by which it would be measured."""
    for vector in record.vectors:
        if len(targets) > 1 and has_learnt(record, vector) and vector.name in {target.vector for target in targets}:
            raise ConfigurationError(
                f"{vector.name} has learnt from these very labels, so comparing it by them would say nothing of other "
                f"images. Leave it out; `facies collections adapt {record.name} --dry-run` compares on held-out ones."
            )


def _check_cards(targets: Sequence[Target]) -> None:
    """Refuse a card that is not there before the first one is embedded."""
    from facies.models.registry import get_card

    for target in targets:
        if target.card is not None:
            get_card(target.card)
