"""The tables of a report: recipes compared, classes, confusion."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from facies.indexer.evaluation.classification import spread
from facies.indexer.evaluation.summary import class_figures
from facies.indexer.evaluation.tables import state_rate

if TYPE_CHECKING:
    from facies.indexer.evaluation.comparison import Contender, Difference, Recommendation
    from facies.indexer.evaluation.protocol import Evaluation

_STRONG = 0.55
"""Share above which a cell's ground is so strong that its number takes the colour of the page."""


def render_comparison(contenders: Sequence[Contender], recommendation: Recommendation) -> str:
    """Make the table of recipes, with each one's distance from the best, and the recommendation."""
    against = {versus.name: versus for versus in recommendation.against}
    rows = []
    for contender in contenders:
        measures, versus = contender.evaluation.measures, against.get(contender.name)
        f1 = "{:.3f} ± {:.3f}".format(*spread(measures.knn[1].macro_f1))
        cells = [
            escape(contender.name),
            f1,
            f"{measures.retrieval.mean_p_at_nk:.3f}",
            f"{measures.retrieval.mean_average_precision:.3f}",
            escape(state_rate(contender.images_per_s)),
            "" if versus is None else _distance(versus.f1),
            "" if versus is None else _distance(versus.p_at_nk),
        ]
        kind = ' class="chosen"' if contender.name == recommendation.name else ""
        rows.append(f"<tr{kind}>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    titles = ("recipe", "F1", "P@n_k", "mAP", "images/s", "F1 from best", "P@n_k from best")
    return (
        f"<h2>Recipes compared</h2><p><b>Recommended: {escape(recommendation.name)}.</b> "
        f'{escape(recommendation.reason)}</p><div class="scroll"><table><thead><tr>'
        f"{''.join(f'<th>{title}</th>' for title in titles)}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
        '<p class="soft">Distances with intervals of 95 %: P@n_k by a bootstrap of the queries, F1 by the corrected '
        "resampled t-test over the splits. Coloured where they lie below zero.</p>"
    )


def render_classes(evaluation: Evaluation) -> str:
    """Make the table of classes, those that are found best first."""
    rows = sorted(class_figures(evaluation), key=lambda one: (-(one.p_at_nk or 0), one.name))
    body = "".join(
        f"<tr><td>{escape(one.name)}</td><td>{one.images:,}</td><td>{_number(one.precision)}</td>"
        f"<td>{_number(one.recall)}</td>{_bar(one.f1)}{_bar(one.p_at_nk)}</tr>"
        for one in rows
    )
    return (
        '<h2>Classes</h2><p class="soft">Precision, recall and F1 of naming by the nearest neighbour, mean over the '
        "splits; P@n_k over all images of the class as queries.</p>"
        '<div class="scroll"><table class="wide"><thead><tr><th>class</th>'
        "<th>n</th><th>precision</th><th>recall</th><th>F1</th><th></th><th>P@n_k</th><th></th></tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def render_confusion(evaluation: Evaluation) -> str:
    """Make the confusion matrix of nearest-neighbour names, all splits together; shades are shares of a row."""
    counts = evaluation.measures.knn[1].confusion.sum(axis=0)
    names = [escape(name) for name in evaluation.classes]
    head = "".join(f"<th><span>{name}</span></th>" for name in names)
    rows = []
    for i, name in enumerate(names):
        total = int(counts[i].sum())
        cells = "".join(
            _cell(int(counts[i, j]), total, f"{name} named {other}", diagonal=i == j) for j, other in enumerate(names)
        )
        rows.append(f"<tr><th>{name}</th>{cells}</tr>")
    return (
        '<h2>Confusion</h2><p class="soft">Rows: the class of an image; columns: that of its nearest neighbour. Counts '
        "of all splits together, shaded by their share of the row.</p>"
        f'<div class="scroll"><table class="matrix"><thead><tr><th></th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _cell(count: int, total: int, title: str, *, diagonal: bool) -> str:
    share = count / total if total else 0.0
    kind = " ".join(word for word, holds in (("diagonal", diagonal), ("strong", share > _STRONG)) if holds)
    # A few mistakes must be seen too, so the shade rises fast at first.
    shade = share**0.6 if count else 0.0
    return f'<td class="{kind}" style="--s:{shade:.3f}" title="{title}: {count} of {total}">{count or ""}</td>'


def _distance(difference: Difference) -> str:
    text = escape(str(difference))
    return f'<span class="worse">{text}</span>' if difference.high < 0 else text


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _bar(value: float | None) -> str:
    width = 0.0 if value is None else 100 * value
    return f'<td>{_number(value)}</td><td class="bars"><i style="width:{width:.1f}%"></i></td>'
