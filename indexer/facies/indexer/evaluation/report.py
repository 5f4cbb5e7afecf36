"""An evaluation as one page that a person would look at: no script, nothing loaded from elsewhere, light and dark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from facies.core.new_files import new_file
from facies.indexer.evaluation.classification import spread
from facies.indexer.evaluation.examples import choose_examples
from facies.indexer.evaluation.plots import Point, draw_curve, draw_points
from facies.indexer.evaluation.report_images import render_examples
from facies.indexer.evaluation.report_tables import render_classes, render_comparison, render_confusion
from facies.indexer.evaluation.retrieval import CUTS
from facies.indexer.evaluation.tables import name_order

if TYPE_CHECKING:
    from pathlib import Path

    from facies.indexer.evaluation.comparison import Contender, Recommendation
    from facies.indexer.evaluation.gallery import Gallery
    from facies.indexer.evaluation.protocol import Evaluation

SUFFIX = ".html"
EXAMPLES = 6
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_FAILURES_SHOWN = 50


def write_report(
    target: Path,
    gallery: Gallery,
    evaluation: Evaluation,
    contenders: Sequence[Contender] = (),
    recommendation: Recommendation | None = None,
) -> None:
    """Write the page, complete or not at all.

    Raises:
        StorageError: the system refuses.
    """
    page = render_report(gallery, evaluation, contenders, recommendation)
    with new_file(target) as part:
        part.write_text(page, encoding="utf-8")


def render_report(
    gallery: Gallery,
    evaluation: Evaluation,
    contenders: Sequence[Contender] = (),
    recommendation: Recommendation | None = None,
) -> str:
    """Make the page of one evaluation, and of the comparison that it won, if there was one."""
    style = files(__package__).joinpath("report.css").read_text(encoding="utf-8")
    sections = [
        _head(gallery, evaluation),
        _figures(gallery, evaluation),
        "" if recommendation is None else render_comparison(contenders, recommendation),
        _plots(evaluation),
        render_classes(evaluation),
        render_confusion(evaluation),
        *_examples(gallery, evaluation),
        _made(gallery, evaluation),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(gallery.name)} · facies evaluate</title><style>{style}</style></head>"
        f"<body>{''.join(sections)}</body></html>\n"
    )


def _head(gallery: Gallery, evaluation: Evaluation) -> str:
    images = f"{len(evaluation.labels):,} images of {len(evaluation.classes)} classes"
    said = f"{images}, neighbours by {name_order(evaluation)}"
    if evaluation.groups is not None:
        said += f", in {len(np.unique(evaluation.groups)):,} groups"
    notes = "".join(f"<li>{escape(note)}</li>" for note in gallery.notes)
    listed = f"<ul>{notes}</ul>" if notes else ""
    return f'<header><h1>{escape(gallery.name)}</h1><p class="soft">{escape(said)}</p>{listed}</header>'


def _figures(gallery: Gallery, evaluation: Evaluation) -> str:
    measures = evaluation.measures
    retrieval = measures.retrieval
    f1, lr = spread(measures.knn[1].macro_f1), spread(measures.regression.macro_f1)
    cards = [
        _figure(f"{f1[0]:.3f}", f"nearest-neighbour F1, ±\N{NO-BREAK SPACE}{f1[1]:.3f}", first=True),
        _figure(f"{retrieval.mean_p_at_nk:.3f}", "P@n_k", first=True),
        _figure(f"{retrieval.mean_average_precision:.3f}", "mAP"),
        _figure(f"{retrieval.pr_auc:.3f}", "area under the PR curve"),
        _figure(f"{measures.knn[1].balanced_accuracy.mean():.3f}", "balanced accuracy"),
        _figure(f"{lr[0]:.3f}", f"logistic regression F1, ±\N{NO-BREAK SPACE}{lr[1]:.3f}"),
    ]
    if gallery.images_per_s is not None:
        cards.append(_figure(f"{gallery.images_per_s:.1f}", "images/s embedded"))
    return f'<div class="figures">{"".join(cards)}</div>'


def _figure(value: str, name: str, *, first: bool = False) -> str:
    kind = "figure first" if first else "figure"
    return f'<div class="{kind}"><b>{value}</b><span>{escape(name)}</span></div>'


def _plots(evaluation: Evaluation) -> str:
    recall, precision = evaluation.measures.retrieval.curve
    # Beyond the last candidate nothing more is found, so such cuts are no points.
    more = np.diff(recall, prepend=-1) > 0
    told = zip(recall, precision, more, strict=True)
    titles = [f"recall {r:.3f}, precision {p:.3f}" if further else "" for r, p, further in told]
    curve = draw_curve(recall.tolist(), precision.tolist(), ["", *titles[1:-1], ""])
    points = []
    for k, scores in evaluation.measures.knn.items():
        mean, deviation = spread(scores.macro_f1)
        points.append(Point(k, mean, mean - deviation, mean + deviation, f"k = {k}: {mean:.3f} ± {deviation:.3f}"))
    votes = draw_points(points, "neighbours that vote", "macro F1")
    return (
        "<h2>Retrieval and naming</h2>"
        f'<p class="soft">Left: every image asks all others; points at n_k and at {CUTS[0]}, {CUTS[1]}, {CUTS[2]} … '
        f"{CUTS[-2]}, {CUTS[-1]} results, as far as there are so many. Right: names by vote over "
        f"{len(evaluation.splits)} splits, with one standard "
        f'deviation.</p><div class="plots"><figure><figcaption>Precision and recall</figcaption>{curve}</figure>'
        f"<figure><figcaption>F1 by number of neighbours</figcaption>{votes}</figure></div>"
    )


def _examples(gallery: Gallery, evaluation: Evaluation) -> Iterable[str]:
    for title, worst in (("Best queries", False), ("Worst queries", True)):
        chosen = choose_examples(evaluation, gallery.vectors, count=EXAMPLES, worst=worst)
        yield f"<h2>{title}</h2>{render_examples(gallery, chosen)}"


def _made(gallery: Gallery, evaluation: Evaluation) -> str:
    groups = "" if evaluation.groups is None else "; images of the query's group are no candidates"
    rows = {
        "protocol": f"SCAMPI: {len(evaluation.splits)} splits of four fifths and one fifth, seeds from 0; retrieval "
        f"over all images, the query left out{groups}",
        **asdict(gallery.fingerprint),
        "values of a vector": f"{gallery.vectors.shape[1]:,}",
    }
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>" for name, value in rows.items())
    notes = [f"{escape(f.path)}: {escape(f.reason)}" for f in gallery.failures[:_FAILURES_SHOWN]]
    if len(gallery.failures) > _FAILURES_SHOWN:
        notes.append(f"and {len(gallery.failures) - _FAILURES_SHOWN:,} more files that could not be used")
    said = f"<ul>{''.join(f'<li>{note}</li>' for note in notes)}</ul>" if notes else ""
    return f"<h2>How this was measured</h2><dl>{listed}</dl>{said}"
