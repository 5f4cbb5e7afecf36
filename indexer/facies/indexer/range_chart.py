"""A range chart: how many images of each taxon at which depth, what a person has said apart from what was predicted.

Of the automatic labels not all are right. Where their probabilities are calibrated, the number of right ones among
them is the sum of as many coins, each with its own probability: a Poisson binomial distribution, whose mean is the sum
of the probabilities. The bounds are the ends of its central 95 %. They say how many of the images that were named so
are of the taxon, not how many of the taxon were named otherwise or not at all; the images without a name stand beside
them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import QueryError
from facies.core.records import LabelState

Order: TypeAlias = Literal["top", "base", "name"]
Shares: TypeAlias = NDArray[np.float64]

_LEVEL: Final = 0.95
_NEGLIGIBLE: Final = 1e-12
"""Probability that is cut off at the ends of a distribution that is being put together."""
MAX_BINS: Final = 5000


@dataclass(frozen=True, slots=True)
class Sighting:
    """An image at a depth.

    Attributes:
        depth: of the image, in the unit of its field.
        group: what it belongs to, e.g. a well; empty for one and all.
        taxon: its label; None without one.
        state: how the label is meant.
        probability: of an automatic label to be right, 0 to 1; None where nobody knows.
    """

    depth: float
    group: str = ""
    taxon: str | None = None
    state: LabelState | None = None
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """How many images of a taxon are in a sample.

    Attributes:
        validated: by a person.
        dubious: named with doubt, in no other count.
        automatic: named by predictions.
        expected: how many of the automatic ones are right on average; None where the probability of one is unknown.
        low: how many of them are right at least.
        high: and at most; together with ``low`` an interval of 95 %.
    """

    validated: int
    dubious: int
    automatic: int
    expected: float | None
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Sample:
    """Images of one depth, or of one interval of depths, its top included and its base not.

    Attributes:
        group: what they belong to.
        top: least depth.
        base: end of the interval; equal to ``top`` where each depth is a sample.
        images: how many.
        unnamed: how many of them have no label, or one that was rejected.
        counts: by taxon; taxa without an image are absent.
    """

    group: str
    top: float
    base: float
    images: int
    unnamed: int
    counts: Mapping[str, Count]


@dataclass(frozen=True, slots=True)
class RangeChart:
    """Taxa by depth.

    Attributes:
        field: metadata field of the depths.
        taxa: in the order of the columns.
        samples: by group, then from the top down.
        images: how many have a depth.
        without_depth: how many have none, and are in no sample.
        without_probability: automatic labels that nobody knows the probability of: right or not, 0 or all of them.
    """

    field: str
    taxa: tuple[str, ...]
    samples: tuple[Sample, ...]
    images: int
    without_depth: int
    without_probability: int

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups, in the order of the samples."""
        return tuple(dict.fromkeys(sample.group for sample in self.samples))


@dataclass(slots=True)
class _Tally:
    validated: int = 0
    dubious: int = 0
    unknown: int = 0
    probabilities: list[float] = field(default_factory=list)


@dataclass(slots=True)
class _Bin:
    images: int = 0
    unnamed: int = 0
    taxa: dict[str, _Tally] = field(default_factory=dict)


def count_ranges(
    sightings: Iterable[Sighting | None], name: str, *, bin_size: float | None = None, order: Order = "top"
) -> RangeChart:
    """Count images by taxon and depth.

    Args:
        sightings: the images; None for one without a depth.
        name: of the field of the depths.
        bin_size: height of a sample, above 0, in the unit of the depths: from 0, from ``bin_size`` and so on. None:
            every depth is a sample of its own.
        order: of the taxa: by their first appearance on the way down (``top``), on the way up (``base``), or by name.

    Raises:
        QueryError: the height of a sample is not above 0, or makes more than 5,000 samples.

    Example:
        >>> chart = count_ranges([Sighting(1203.0, taxon="a", state="validated"), Sighting(1215.0)], "m", bin_size=10)
        >>> [(sample.top, sample.base, sample.unnamed) for sample in chart.samples]
        [(1200.0, 1210.0, 0), (1210.0, 1220.0, 1)]
    """
    if bin_size is not None and not (math.isfinite(bin_size) and bin_size > 0):
        raise QueryError(f"a sample of the range chart is {bin_size:g} high, expected more than 0, e.g. 10")
    bins: dict[tuple[str, float], _Bin] = {}
    images = without_depth = 0
    for sighting in sightings:
        if sighting is None:
            without_depth += 1
            continue
        images += 1
        at = sighting.depth if bin_size is None else float(np.floor(sighting.depth / bin_size))
        _add(sighting, bins.setdefault((sighting.group, at), _Bin()))
        if len(bins) > MAX_BINS:
            raise QueryError(
                f"the range chart has more than {MAX_BINS:,} samples; take a larger height for them, or fewer images"
            )
    samples = tuple(
        Sample(
            group=group,
            top=at if bin_size is None else _tidy(at * bin_size),
            base=at if bin_size is None else _tidy((at + 1) * bin_size),
            images=found.images,
            unnamed=found.unnamed,
            counts={taxon: _count(tally) for taxon, tally in found.taxa.items()},
        )
        for (group, at), found in sorted(bins.items(), key=lambda pair: pair[0])
    )
    unknown = sum(tally.unknown for found in bins.values() for tally in found.taxa.values())
    return RangeChart(name, order_taxa(samples, order), samples, images, without_depth, unknown)


def order_taxa(samples: Sequence[Sample], order: Order) -> tuple[str, ...]:
    """Give the taxa of samples in the order of the columns; what appears together is in order of name."""
    found: dict[str, list[float]] = {}
    for sample in samples:
        for taxon in sample.counts:
            found.setdefault(taxon, []).append(sample.top)
    keys: Mapping[Order, Callable[[str], tuple[float, str]]] = {
        "top": lambda taxon: (min(found[taxon]), taxon),
        "base": lambda taxon: (-max(found[taxon]), taxon),
        "name": lambda taxon: (0.0, taxon),
    }
    return tuple(sorted(found, key=keys[order]))


def bound_right(probabilities: Sequence[float]) -> tuple[int, int]:
    """Bound the number of right ones among independent guesses by the central 95 % of its distribution.

    Args:
        probabilities: of each guess to be right, 0 to 1.

    Source: Wang (1993): On the number of successes in independent trials, Statistica Sinica 3 (the Poisson binomial
    distribution), put together by convolution.

    Example:
        >>> bound_right([0.9] * 10), bound_right([1.0] * 3), bound_right([])
        ((7, 10), (3, 3), (0, 0))
    """
    first, distribution = _distribute(probabilities)
    reached = np.cumsum(distribution)
    tail = (1 - _LEVEL) / 2
    # The whole sums up to 1 but for what was cut off and for rounding.
    low, high = (int(np.searchsorted(reached, share - 1e-9)) for share in (tail, 1 - tail))
    last = len(distribution) - 1
    return first + min(low, last), first + min(high, last)


def _distribute(probabilities: Sequence[float]) -> tuple[int, Shares]:
    """Probabilities of as many right guesses as the place in the array and the number before it say."""
    parts: list[tuple[int, Shares]] = [(0, np.array([1 - share, share])) for share in probabilities]
    if not parts:
        return 0, np.ones(1)
    while len(parts) > 1:  # in pairs, so that long ones meet long ones
        joined = [_join(one, other) for one, other in zip(parts[::2], parts[1::2], strict=False)]
        parts = joined + (parts[-1:] if len(parts) % 2 else [])
    return parts[0]


def _join(one: tuple[int, Shares], other: tuple[int, Shares]) -> tuple[int, Shares]:
    together: Shares = np.convolve(one[1], other[1])
    there = np.flatnonzero(together > _NEGLIGIBLE)
    start, end = int(there[0]), int(there[-1]) + 1
    return one[0] + other[0] + start, together[start:end]


def _add(sighting: Sighting, found: _Bin) -> None:
    found.images += 1
    if sighting.taxon is None or sighting.state == "rejected":
        found.unnamed += 1
        return
    tally = found.taxa.setdefault(sighting.taxon, _Tally())
    if sighting.state == "validated":
        tally.validated += 1
    elif sighting.state == "dubious":
        tally.dubious += 1
    elif sighting.probability is None:
        tally.unknown += 1
    else:
        tally.probabilities.append(sighting.probability)


def _tidy(depth: float) -> float:
    """A multiple of a decimal fraction as a person writes it: 0.3, not 0.30000000000000004."""
    return float(f"{depth:.12g}")


def _count(tally: _Tally) -> Count:
    low, high = bound_right(tally.probabilities)
    return Count(
        validated=tally.validated,
        dubious=tally.dubious,
        automatic=len(tally.probabilities) + tally.unknown,
        expected=None if tally.unknown else round(math.fsum(tally.probabilities), 3),
        low=low,
        high=high + tally.unknown,
    )
