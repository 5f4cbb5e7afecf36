"""Counts by taxon and depth, and the bounds of what is right among automatic labels."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facies.core.errors import QueryError
from facies.indexer.range_chart import Count, Sighting, bound_right, count_ranges

states = st.sampled_from(["validated", "predicted", "dubious", "rejected"])


@st.composite
def sightings(draw: st.DrawFn) -> Sighting:
    taxon = draw(st.none() | st.sampled_from("abc"))
    return Sighting(
        depth=draw(st.integers(-300, 300)) / 10,
        group=draw(st.sampled_from(["", "w1", "w2"])),
        taxon=taxon,
        state=None if taxon is None else draw(states),  # type: ignore[arg-type]  # of the list above
        probability=draw(st.none() | st.floats(0, 1)),
    )


def bounds_by_hand(probabilities: Sequence[float]) -> tuple[int, int]:
    """Every outcome of every guess, added up."""
    whole = [0.0] * (len(probabilities) + 1)
    for outcome in product((0, 1), repeat=len(probabilities)):
        whole[sum(outcome)] += prod(p if right else 1 - p for p, right in zip(probabilities, outcome, strict=True))
    reached = np.cumsum(whole)
    return int(np.searchsorted(reached, 0.025 - 1e-9)), int(np.searchsorted(reached, 0.975 - 1e-9))


@given(st.lists(st.floats(0, 1), max_size=9))
def test_bounds_are_those_of_all_outcomes_added_up(probabilities: list[float]) -> None:
    assert bound_right(probabilities) == bounds_by_hand(probabilities)


def test_many_guesses_come_near_the_normal_distribution() -> None:
    shares = np.random.default_rng(1).uniform(0.5, 1, 20_000)
    mean, deviation = shares.sum(), np.sqrt((shares * (1 - shares)).sum())
    low, high = bound_right(list(shares))
    assert low == pytest.approx(mean - 1.96 * deviation, abs=1.5)
    assert high == pytest.approx(mean + 1.96 * deviation, abs=1.5)


def test_bounds_hold_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(400):
        shares = rng.uniform(0.6, 1, 60)
        low, high = bound_right(list(shares))
        held += low <= int(np.count_nonzero(rng.random(60) < shares)) <= high
    assert 0.93 <= held / 400 <= 1  # a little above 0.95, since counts are whole


@given(st.lists(st.none() | sightings(), max_size=60), st.sampled_from([None, 0.3, 5.0]))
def test_every_image_is_counted_once(found: list[Sighting | None], bin_size: float | None) -> None:
    chart = count_ranges(found, "depth_m", bin_size=bin_size)
    there = [one for one in found if one is not None]
    assert chart.images == len(there) == sum(sample.images for sample in chart.samples)
    assert chart.without_depth == len(found) - len(there)
    for sample in chart.samples:
        counts = sample.counts.values()
        named = sum(count.validated + count.dubious + count.automatic for count in counts)
        assert named + sample.unnamed == sample.images
        for count in counts:
            assert 0 <= count.low <= count.high <= count.automatic
            assert count.expected is None or count.low - 1 <= count.expected <= count.high + 1
    for one in there:
        fitting = [
            sample
            for sample in chart.samples
            if sample.group == one.group
            and (sample.top == one.depth if bin_size is None else sample.top - 1e-9 <= one.depth < sample.base + 1e-9)
        ]
        assert fitting


@given(st.lists(sightings(), max_size=40), st.randoms(use_true_random=False))
def test_the_order_of_the_images_does_not_matter(found: list[Sighting], rng: object) -> None:
    shuffled = sorted(found, key=lambda _: rng.random())  # type: ignore[attr-defined]  # a random.Random
    one, other = (count_ranges(some, "depth_m", bin_size=2) for some in (found, shuffled))
    assert one.taxa == other.taxa
    assert one.samples == other.samples


def test_validated_and_automatic_are_apart_and_unknown_probabilities_are_said() -> None:
    found = [
        Sighting(10.0, taxon="a", state="validated"),
        Sighting(11.0, taxon="a", state="predicted", probability=1.0),
        Sighting(12.0, taxon="a", state="predicted"),
        Sighting(12.0, taxon="a", state="dubious"),
        Sighting(12.0, taxon="a", state="rejected"),
        Sighting(12.0),
    ]
    chart = count_ranges(found, "depth_m", bin_size=10)
    assert chart.without_probability == 1
    assert chart.samples[0].counts == {
        "a": Count(validated=1, dubious=1, automatic=2, expected=None, low=1, high=2),
    }
    assert chart.samples[0].unnamed == 2


def test_samples_end_where_they_should() -> None:
    chart = count_ranges([Sighting(depth) for depth in (-0.1, 0.0, 0.29, 0.3, 1200.0)], "d", bin_size=0.3)
    assert [(sample.top, sample.base) for sample in chart.samples] == [(-0.3, 0), (0, 0.3), (0.3, 0.6), (1200, 1200.3)]
    assert [sample.top for sample in count_ranges([Sighting(2.5), Sighting(1.5)], "d").samples] == [1.5, 2.5]


def test_taxa_are_in_the_order_that_is_asked_for() -> None:
    found = [Sighting(depth, "", taxon, "validated") for taxon, depth in (("b", 1), ("a", 2), ("c", 3), ("b", 9))]
    assert count_ranges(found, "d").taxa == ("b", "a", "c")
    assert count_ranges(found, "d", order="base").taxa == ("b", "c", "a")
    assert count_ranges(found, "d", order="name").taxa == ("a", "b", "c")


@pytest.mark.parametrize("bin_size", [0, -1, float("nan"), float("inf")])
def test_a_sample_without_height_is_refused(bin_size: float) -> None:
    with pytest.raises(QueryError, match="expected more than 0"):
        count_ranges([Sighting(1.0)], "d", bin_size=bin_size)


def test_more_samples_than_anybody_looks_at_are_refused() -> None:
    with pytest.raises(QueryError, match="more than 5,000 samples"):
        count_ranges((Sighting(depth / 7) for depth in range(6000)), "d", bin_size=0.001)
