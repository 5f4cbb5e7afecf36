"""Sides are measured by turns, and ratios come from what was measured together."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.turns import Pass, cpu_ratio, median_cpu_ms, median_rate, rate_ratio, take_turns


def test_every_side_warms_up_once_and_then_they_alternate() -> None:
    calls: list[str] = []

    def side(name: str) -> Callable[[], Pass]:
        def measure() -> Pass:
            calls.append(name)
            return Pass(1, len(calls), 1)

        return measure

    passes = take_turns({"a": side("a"), "b": side("b")}, rounds=3)
    assert "".join(calls) == "ab" + "ababab"
    assert [one.cpu_s for one in passes["a"]] == [3, 5, 7]
    assert [one.cpu_s for one in passes["b"]] == [4, 6, 8]


def test_an_image_takes_its_share() -> None:
    one = Pass(images=20, cpu_s=2, wall_s=4)
    assert one.cpu_ms == 100
    assert one.rate == 5


def test_medians_and_ratios_are_over_rounds() -> None:
    reference = [Pass(10, cpu, 1) for cpu in (4.0, 8.0, 40.0)]
    ours = [Pass(10, cpu, 2) for cpu in (1.0, 4.0, 4.0)]
    assert median_cpu_ms(reference) == 800
    assert median_rate(ours) == 5
    assert cpu_ratio(reference, ours) == 4  # of 4, 2 and 10; the medians would give 2
    assert rate_ratio(ours, reference) == 0.5


def test_sides_of_unequal_rounds_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        cpu_ratio([Pass(1, 1, 1)] * 2, [Pass(1, 1, 1)])
