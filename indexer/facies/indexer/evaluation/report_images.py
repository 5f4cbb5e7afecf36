"""The rows of pictures in a report: a query, and what it found."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from facies.indexer.evaluation.thumbnails import to_data_uri

if TYPE_CHECKING:
    from facies.indexer.evaluation.examples import Example
    from facies.indexer.evaluation.gallery import Gallery


def render_examples(gallery: Gallery, examples: Sequence[Example]) -> str:
    """Make a row for each query: the query first, then its neighbours, those of another class outlined and marked."""
    lead = (
        "By P@n_k, at most one query of each class. Neighbours of another class are outlined; the number is the cosine "
        "similarity."
    )
    return f'<p class="soft">{lead}</p>{"".join(_row(gallery, example) for example in examples)}'


def _row(gallery: Gallery, example: Example) -> str:
    of_class = round(example.p_at_nk * example.relevant)
    query = _picture(
        gallery, example.query, "query", f"P@n_k {example.p_at_nk:.2f}", f"{of_class} of {example.relevant}"
    )
    found = [
        _picture(gallery, one.image, "right" if one.right else "wrong", f"{one.similarity:.3f}")
        for one in example.neighbours
    ]
    return f'<div class="example">{query}{"".join(found)}</div>'


def _picture(gallery: Gallery, image: int, kind: str, *below: str) -> str:
    data = gallery.read_thumbnail(gallery.keys[image])
    label, title = escape(gallery.labels[image]), escape(gallery.titles[image])
    mark = "✕ " if kind == "wrong" else ""  # told by more than a colour
    lines = "".join(f"<span>{line}</span>" for line in below)
    shown = '<span class="soft">no picture</span>'
    if data is not None:
        shown = f'<img src="{to_data_uri(data)}" alt="{label}">'
    return (
        f'<figure class="{kind}" title="{label}: {title}"><div class="frame">{shown}</div>'
        f"<figcaption><em>{mark}{label}</em>{lines}</figcaption></figure>"
    )
