"""What a run takes of the machine."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from facies.indexer.segmentation.spending import Spending, measure_spending

HAS_PEAK = Path("/proc/self/clear_refs").exists()


def test_time_that_is_slept_is_of_the_clock_and_not_of_the_processor() -> None:
    with measure_spending() as spending:
        time.sleep(0.2)
    assert spending.wall_s >= 0.2
    assert spending.cpu_s < spending.wall_s


def test_time_that_is_computed_is_of_the_processor() -> None:
    with measure_spending() as spending:
        until = time.process_time() + 0.1
        while time.process_time() < until:
            pass
    assert spending.cpu_s >= 0.09  # the clocks of the processor go in steps


@pytest.mark.skipif(not HAS_PEAK, reason="the peak of memory can be set back on Linux only")
def test_the_peak_counts_memory_that_was_let_go_again() -> None:
    with measure_spending() as spending:
        np.ones(100_000_000, np.uint8)
    assert spending.peak_growth_mb is not None
    assert 80 < spending.peak_growth_mb < 200
    with measure_spending() as little:
        pass
    assert little.peak_growth_mb is not None
    assert little.peak_growth_mb < 50


def test_an_error_passes_and_the_figures_are_there() -> None:
    found: list[Spending] = []

    def work() -> None:
        with measure_spending() as spending:
            found.append(spending)
            time.sleep(0.01)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert found[0].as_json()["wall_s"] == round(found[0].wall_s, 2)
    assert found[0].wall_s >= 0.01
