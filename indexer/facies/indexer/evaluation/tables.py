"""What ``facies evaluate`` shows a person on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rich.table import Table
from rich.text import Text

from facies.indexer.evaluation.classification import spread
from facies.indexer.evaluation.summary import class_figures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from facies.indexer.evaluation.comparison import Contender, Recommendation
    from facies.indexer.evaluation.gallery import Gallery
    from facies.indexer.evaluation.protocol import Evaluation, Measures

_MEASURED = ("nearest neighbour, balanced accuracy", "logistic regression, macro F1", "P@n_k", "mAP", "PR AUC")
_SHOWN = 20
"""Failures listed; --json has them all."""


def print_evaluation(gallery: Gallery, evaluation: Evaluation, console: Console) -> None:
    """Print the figures, the table of classes, and what could not be used."""
    console.print(_figures(gallery, evaluation))
    console.print(_classes(evaluation))
    print_remarks(gallery, console)


def print_comparison(contenders: Sequence[Contender], recommendation: Recommendation, console: Console) -> None:
    """Print a line for each recipe, how far each is from the best one, and the recommendation."""
    table = Table(title="recipes compared")
    table.add_column("recipe", overflow="fold")
    for column in ("F1", "P@n_k", "mAP", "images/s"):
        table.add_column(column, justify="right", no_wrap=True)
    for contender in contenders:
        measures = contender.evaluation.measures
        table.add_row(
            Text(contender.name, style="bold" if contender.name == recommendation.name else ""),
            _plus_minus(measures, 1),
            f"{measures.retrieval.mean_p_at_nk:.3f}",
            f"{measures.retrieval.mean_average_precision:.3f}",
            state_rate(contender.images_per_s),
        )
    console.print(table)
    console.print(Text(f"from {recommendation.best}, with intervals of 95 %:"), soft_wrap=True)
    for versus in recommendation.against:
        far = f"F1 {versus.f1}, P@n_k {versus.p_at_nk}, mAP {versus.average_precision}"
        console.print(Text(f"  {versus.name}: {far}", style="dim" if versus.worse else ""), soft_wrap=True)
    console.print(Text.assemble(("recommended: ", "bold"), recommendation.name), soft_wrap=True)
    console.print(Text(recommendation.reason), soft_wrap=True)


def print_remarks(gallery: Gallery, console: Console) -> None:
    """Print the files that could not be used, and the notes."""
    if gallery.failures:
        console.print(Text("could not be used", style="bold"))
    for failure in gallery.failures[:_SHOWN]:
        console.print(Text(f"  {failure.path}: {failure.reason}"), soft_wrap=True)
    if len(gallery.failures) > _SHOWN:
        console.print(Text(f"  and {len(gallery.failures) - _SHOWN:,} more; --json lists them all"))
    for note in gallery.notes:
        console.print(Text(f"note: {note}"), soft_wrap=True)


def name_order(evaluation: Evaluation) -> str:
    """Say by what neighbours are ordered, such as ``cosine, re-ranked by diffusion``."""
    method = evaluation.reranked_by
    return "cosine" if method is None else f"cosine, re-ranked by {method.replace('_', ' ')}"


def state_rate(images_per_s: float | None) -> str:
    """Say how fast images were embedded.

    >>> state_rate(None), state_rate(23.44)
    ('stored', '23.4')
    """
    return "stored" if images_per_s is None else f"{images_per_s:.1f}"


def _figures(gallery: Gallery, evaluation: Evaluation) -> Table:
    images = f"{len(evaluation.labels):,} images of {len(evaluation.classes)} classes"
    if evaluation.groups is not None:
        images += f" in {len(np.unique(evaluation.groups))} groups"
    table = Table("", title=Text(f"{gallery.name}: {images}"))
    columns = [(name_order(evaluation), evaluation.measures)]
    if evaluation.euclidean is not None:
        columns.append(("Euclidean, raw", evaluation.euclidean))
    for title, _ in columns:
        table.add_column(title, justify="right")
    for k in evaluation.measures.knn:
        name = "nearest neighbour, macro F1" if k == 1 else f"{k} nearest, macro F1"
        table.add_row(name, *(_plus_minus(measures, k) for _, measures in columns))
    for name, *values in zip(_MEASURED, *(_state_measures(measures) for _, measures in columns), strict=True):
        table.add_row(name, *values)
    table.add_row("embedded, images/s", state_rate(gallery.images_per_s))
    return table


def _state_measures(measures: Measures) -> list[str]:
    nearest, retrieval = measures.knn[1], measures.retrieval
    figures = (retrieval.mean_p_at_nk, retrieval.mean_average_precision, retrieval.pr_auc)
    return [
        f"{nearest.balanced_accuracy.mean():.3f}",
        "{:.3f} ± {:.3f}".format(*spread(measures.regression.macro_f1)),
        *(f"{figure:.3f}" for figure in figures),
    ]


def _classes(evaluation: Evaluation) -> Table:
    table = Table("class", title="classes (nearest neighbour; mean over splits)")
    for column in ("n", "precision", "recall", "F1", "P@n_k"):
        table.add_column(column, justify="right")
    for one in class_figures(evaluation):
        values = (one.precision, one.recall, one.f1, one.p_at_nk)
        table.add_row(Text(one.name), f"{one.images:,}", *("" if v is None else f"{v:.2f}" for v in values))
    return table


def _plus_minus(measures: Measures, k: int) -> str:
    return "{:.3f} ± {:.3f}".format(*spread(measures.knn[k].macro_f1))
