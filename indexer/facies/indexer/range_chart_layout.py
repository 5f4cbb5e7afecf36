"""Where the parts of a drawn range chart are: a panel for each group, a column for each taxon. All in pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from facies.indexer.range_chart import RangeChart, Sample

LEFT: Final = 84
"""Where the first column begins."""
SHORTEST: Final = 140
"""Least height of a panel."""
_GAP: Final = 18
_NARROWEST, _WIDEST, _BARS = 26, 16.0, 620
_TALLEST, _PER_SAMPLE = 900, 16
_THINNEST, _THICKEST = 2.0, 12.0
_PANEL_GAP, _PANEL_HEAD = 34, 22
_NAME: Final = 36
_SLOPE: Final = math.radians(50)
_PER_LETTER: Final = 7.0


@dataclass(frozen=True, slots=True)
class Panel:
    """The samples of one group, and where they are drawn.

    Attributes:
        group: its name.
        samples: from the top down.
        y: of the upper end.
        height: pixels.
        top: depth at the upper end.
        base: depth at the lower end.
        thickness: of a bar, where the samples are no intervals.
    """

    group: str
    samples: Sequence[Sample]
    y: float
    height: float
    top: float
    base: float
    thickness: float

    def place(self, depth: float) -> float:
        """Where a depth is."""
        return self.y + (depth - self.top) / (self.base - self.top) * self.height

    def bar(self, sample: Sample) -> tuple[float, float]:
        """Upper end and height of a sample's bars."""
        if sample.base > sample.top:
            upper, lower = self.place(sample.top), self.place(sample.base)
            tall = max(lower - upper - 1, _THINNEST)
            return (upper + lower - tall) / 2, tall
        return self.place(sample.top) - self.thickness / 2, self.thickness


@dataclass(frozen=True, slots=True)
class Column:
    """A taxon, and where its bars begin and how wide the largest is."""

    taxon: str
    x: float
    width: float


def lay_out(chart: RangeChart) -> tuple[float, list[Column]]:
    """Give each taxon a column as wide as its largest count, and the pixels of one image."""
    largest = dict.fromkeys(chart.taxa, 1)
    for sample in chart.samples:
        for taxon, count in sample.counts.items():
            largest[taxon] = max(largest[taxon], count.validated + count.automatic)
    per_count = min(_BARS / max(sum(largest.values()), 1), _WIDEST)
    columns, x = [], float(LEFT)
    for taxon in chart.taxa:
        width = max(largest[taxon] * per_count, _NARROWEST)
        columns.append(Column(taxon, x, width))
        x += width + _GAP
    return per_count, columns


def stack(chart: RangeChart, head: float) -> list[Panel]:
    """Put the groups below each other, the first one ``head`` pixels from the top."""
    panels: list[Panel] = []
    y = head + (_PANEL_HEAD if len(chart.groups) > 1 else 0)
    for group in chart.groups:
        samples = [sample for sample in chart.samples if sample.group == group]
        top, base = min(one.top for one in samples), max(one.base for one in samples)
        if samples[0].base > samples[0].top:
            places = (base - top) / (samples[0].base - samples[0].top)
        else:
            places = len(samples)
            edge = (base - top or 1.0) * 0.03
            top, base = top - edge, base + edge
        height = min(max(places * _PER_SAMPLE, SHORTEST), _TALLEST)
        panels.append(Panel(group, samples, y, height, top, base, _thickness(samples, top, base, height)))
        y += height + _PANEL_GAP + _PANEL_HEAD
    return panels


def _thickness(samples: Sequence[Sample], top: float, base: float, height: float) -> float:
    nearest = min((other.top - one.top for one, other in pairwise(samples)), default=base - top)
    return min(max(nearest / (base - top) * height - 1, _THINNEST), _THICKEST)


def short(name: str) -> str:
    """A name, cut where it is too long for the head of a column."""
    return name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"


def slope_width(taxon: str) -> float:
    """How far the name of a column reaches to the right."""
    return 6 + len(short(taxon)) * _PER_LETTER * math.cos(_SLOPE)


def head_height(taxa: Sequence[str]) -> float:
    """How high the names of the columns reach."""
    return max((len(short(taxon)) for taxon in taxa), default=0) * _PER_LETTER * math.sin(_SLOPE) + 10
