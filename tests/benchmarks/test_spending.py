"""What work takes: peaks that are gone again count, earlier ones do not, and children's CPU is in it."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest

from benchmarks.spending import Spending, median_of, ratios, spend

MIB = 2**20


def touch(mib: int) -> None:
    """Take memory, write to all of it, and give it back."""
    np.ones(mib * MIB, np.uint8)


def test_memory_that_was_given_back_counts() -> None:
    assert 200 <= spend(lambda: touch(200)).growth_mb < 250  # MB, and the kernel counts by batches


def test_memory_taken_before_does_not_count() -> None:
    touch(300)
    assert spend(lambda: touch(20)).growth_mb < 60


def test_sleep_takes_the_clock_alone() -> None:
    took = spend(lambda: time.sleep(0.3))
    assert took.wall_s >= 0.3
    assert took.cpu_s < 0.2


def test_cpu_of_children_counts() -> None:
    code = "import time\nwhile time.process_time() < 0.4: pass"
    assert spend(lambda: subprocess.run([sys.executable, "-c", code], check=True)).cpu_s >= 0.4


def test_ratios_are_of_rounds_and_sorted() -> None:
    theirs = [Spending(cpu, 1, 1) for cpu in (4.0, 8.0, 40.0)]
    ours = [Spending(cpu, 1, 0.5) for cpu in (1.0, 4.0, 4.0)]
    assert ratios(theirs, ours) == [2, 4, 10]
    assert ratios(theirs, ours, "growth_mb") == [2, 2, 2]
    assert median_of(theirs, "cpu_s") == 8
    with pytest.raises(ValueError, match="shorter"):
        ratios(theirs, ours[:2])
