"""A range chart as a picture: SVG with its own style, depth downwards, a column for each taxon.

Bars are counts, on one scale for all columns: solid what a person has validated, hatched what was named automatically,
with a whisker where the number of right ones ends. A line down each column joins the first and the last appearance.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from html import escape
from typing import Final

from facies.indexer.range_chart import Count, RangeChart, Sample
from facies.indexer.range_chart_layout import (
    LEFT,
    SHORTEST,
    Column,
    Panel,
    head_height,
    lay_out,
    short,
    slope_width,
    stack,
)

_RIGHT, _BOTTOM = 28, 96
_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_STYLE: Final = """
text { font: 12px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #22262b; }
.title { font-size: 16px; font-weight: 600; }
.group { font-size: 13px; font-weight: 600; }
.soft { fill: #646c76; font-size: 11px; }
.grid { stroke: #e2dfd9; }
.base { stroke: #9aa3ad; }
.range { stroke: #1f6f78; stroke-width: 1; stroke-dasharray: 1 3; }
.validated { fill: #1f6f78; }
.automatic { fill: url(#hatch); stroke: #1f6f78; stroke-width: 0.7; }
.whisker { stroke: #c2410c; stroke-width: 1.4; fill: none; }
"""


def draw_range_chart(chart: RangeChart, title: str, notes: Sequence[str] = ()) -> str:
    """Draw a chart.

    Args:
        chart: see `facies.indexer.range_chart.count_ranges`.
        title: above it.
        notes: below it, a line each.

    Returns:
        an SVG document that needs nothing else.
    """
    per_count, columns = lay_out(chart)
    head = 56 + head_height(chart.taxa)
    panels = stack(chart, head)
    bottom = panels[-1].y + panels[-1].height if panels else head + SHORTEST
    last = columns[-1] if columns else None
    slope = max((slope_width(column.taxon) + column.x for column in columns), default=0.0)
    right = max(last.x + last.width if last else 0.0, slope, 680.0) + _RIGHT
    height = bottom + _BOTTOM + 16 * len(notes)
    body = [_write_heads(columns, head - 10)]
    for panel in panels:
        end = last.x + last.width if last else right - _RIGHT
        body.append(_draw_axis(panel, chart.field, end, is_alone=len(panels) == 1))
        body += [_draw_column(panel, column, per_count) for column in columns]
    body += [_write_scale(column, bottom, per_count) for column in columns]
    body.append(_write_legend(bottom + 46))
    body += [_text(LEFT, bottom + 90 + 16 * row, note, "soft") for row, note in enumerate(notes)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{right:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {right:.0f} {height:.0f}" role="img" aria-label="{_clean(title)}">'
        f"<style>{_STYLE}</style>{_HATCH}"
        f'<rect width="100%" height="100%" fill="#ffffff"/>{_text(LEFT, 30, title, "title")}{"".join(body)}</svg>\n'
    )


_HATCH: Final = (
    '<defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="5" height="5" fill="#d9eaec"/><line x1="0" y1="0" x2="0" y2="5" stroke="#5aa3ab" stroke-width="2"/>'
    "</pattern></defs>"
)


def _draw_axis(panel: Panel, field: str, end: float, *, is_alone: bool) -> str:
    parts = [] if is_alone else [_text(LEFT, panel.y - 10, panel.group or "no group", "group")]
    for depth in _ticks(panel.top, panel.base):
        y = panel.place(depth)
        parts.append(f'<line class="grid" x1="{LEFT - 6}" x2="{end:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(LEFT - 12, y + 4, f"{depth:g}", "soft", anchor="end"))
    middle = panel.y + panel.height / 2
    parts.append(
        f'<text class="soft" text-anchor="middle" transform="translate(20 {middle:.1f}) rotate(-90)">{_clean(field)}'
        "</text>"
    )
    return "".join(parts)


def _draw_column(panel: Panel, column: Column, per_count: float) -> str:
    x, upper, lower = column.x, panel.y, panel.y + panel.height
    parts = [f'<line class="base" x1="{x:.1f}" x2="{x:.1f}" y1="{upper:.1f}" y2="{lower:.1f}"/>']
    there = [sample for sample in panel.samples if column.taxon in sample.counts]
    if len(there) > 1:
        first, last = (sum(panel.bar(one)) - panel.bar(one)[1] / 2 for one in (there[0], there[-1]))
        at = x + 3
        parts.append(f'<line class="range" x1="{at:.1f}" x2="{at:.1f}" y1="{first:.1f}" y2="{last:.1f}"/>')
    parts += [_draw_bar(panel, sample, column, per_count) for sample in there]
    return "".join(parts)


def _draw_bar(panel: Panel, sample: Sample, column: Column, per_count: float) -> str:
    count = sample.counts[column.taxon]
    y, tall = panel.bar(sample)
    sure = count.validated * per_count
    parts = [f"<g><title>{_clean(_describe(sample, column.taxon, count))}</title>"]
    if count.validated:
        parts.append(_rectangle("validated", column.x, y, sure, tall))
    if count.automatic:
        parts.append(_rectangle("automatic", column.x + sure, y, count.automatic * per_count, tall))
        low, high = (column.x + sure + end * per_count for end in (count.low, count.high))
        middle, cap = y + tall / 2, min(tall / 2, 4.0)
        parts.append(
            f'<path class="whisker" d="M{low:.1f} {middle - cap:.1f}V{middle + cap:.1f}M{low:.1f} {middle:.1f}'
            f'H{high:.1f}M{high:.1f} {middle - cap:.1f}V{middle + cap:.1f}"/>'
        )
    if count.dubious and not (count.validated or count.automatic):
        parts.append(_text(column.x + 5, y + tall / 2 + 4, "?", "soft"))
    return "".join([*parts, "</g>"])


def _describe(sample: Sample, taxon: str, count: Count) -> str:
    where = f"{sample.top:g}" if sample.base == sample.top else f"{sample.top:g} to {sample.base:g}"
    said = f"{taxon}, {where}: {count.validated} validated"
    if count.automatic:
        said += f", {count.automatic} automatic of which {count.low} to {count.high} right"
    return said + (f", {count.dubious} dubious" if count.dubious else "")


def _write_heads(columns: Sequence[Column], y: float) -> str:
    return "".join(
        f'<text transform="translate({column.x + 6:.1f} {y:.1f}) rotate(-50)">'
        f"<title>{_clean(column.taxon)}</title>{_clean(short(column.taxon))}</text>"
        for column in columns
    )


def _write_scale(column: Column, y: float, per_count: float) -> str:
    """A tick at the largest round count that fits the column."""
    room = column.width / per_count
    round_count = _round_down(room)
    x = column.x + round_count * per_count
    return f'<path class="base" fill="none" d="M{column.x:.1f} {y + 4:.1f}H{x:.1f}V{y + 8:.1f}"/>' + _text(
        x, y + 21, f"{round_count:g}", "soft", anchor="middle"
    )


def _write_legend(y: float) -> str:
    parts = []
    for x, kind, text in ((0, "validated", "validated"), (110, "automatic", "automatic")):
        parts.append(_rectangle(kind, LEFT + x, y - 10, 22, 10) + _text(LEFT + x + 28, y, text))
    x = LEFT + 224
    parts.append(f'<path class="whisker" d="M{x} {y - 9}V{y - 1}M{x} {y - 5}H{x + 22}M{x + 22} {y - 9}V{y - 1}"/>')
    parts.append(_text(x + 28, y, "where the right ones among them end (95 %)"))
    parts.append(
        _text(LEFT, y + 20, "images without a name are in no bar; ? marks labels that are dubious alone", "soft")
    )
    return "".join(parts)


def _rectangle(kind: str, x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.8):.1f}" height="{height:.1f}"/>'


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    style = f' class="{kind}"' if kind else ""
    return f'<text{style} text-anchor="{anchor}" x="{x:.1f}" y="{y:.1f}">{_clean(text)}</text>'


def _clean(text: str) -> str:
    """Text that XML takes: a label may hold what a document may not."""
    return escape(_UNPRINTABLE.sub("\ufffd", text))


def _round_down(room: float) -> float:
    """The largest of 1, 2 or 5 times a power of ten that is no more; 1 where there is room for less."""
    if room < 1:
        return 1
    power = 10 ** math.floor(math.log10(room))
    return float(max(step * power for step in (1, 2, 5) if step * power <= room))


def _ticks(top: float, base: float, about: int = 8) -> list[float]:
    """Round depths between two, some eight of them."""
    rough = (base - top) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first = math.ceil(top / step - 1e-9)
    return [number * step for number in range(first, math.floor(base / step + 1e-9) + 1)]
