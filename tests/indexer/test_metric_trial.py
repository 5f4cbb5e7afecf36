"""The trial of a head: taken where it helps on images that it has not seen, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from facies.core.errors import QueryError
from facies.indexer.evaluation.comparison import Difference
from facies.indexer.metric_trial import Gain, run_trial
from facies.models.metric_head import MetricHead

DIM, TELLING = 20, 4
HEAD = MetricHead(shrinkage=0.2)
Rows = NDArray[np.float32]


def specimens(classes: int, each: int, seed: int = 0) -> tuple[Rows, list[str]]:
    """Vectors whose first axes hold the class, faintly, and whose others hold what means nothing, loudly."""
    rng = np.random.default_rng(seed)
    numbers = np.repeat(np.arange(classes), each)
    rows = rng.normal(size=(len(numbers), DIM)) * 3
    rows[:, :TELLING] = rng.normal(size=(classes, TELLING))[numbers] + 0.2 * rng.normal(size=(len(numbers), TELLING))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float32), [f"class {number}" for number in numbers]


def test_a_head_that_helps_is_taken() -> None:
    vectors, labels = specimens(6, 15)
    trial = run_trial(vectors, labels, others={"plain": vectors}, head=HEAD)
    assert (trial.images, trial.classes, trial.share) == (90, 6, 0.2)
    gain = trial.gains["plain"]
    assert trial.helps
    assert gain.average_precision.low > 0.1
    assert gain.f1.mean > 0.1
    means, plain = trial.adapted.means, trial.plain["plain"].means
    assert means["map"] - plain["map"] == pytest.approx(gain.average_precision.mean)
    assert means["f1"] - plain["f1"] == pytest.approx(gain.f1.mean)
    assert means["p_at_nk"] > plain["p_at_nk"]


def test_labels_that_mean_nothing_give_no_head() -> None:
    vectors, labels = specimens(6, 15)
    taken = 0
    for seed in range(8):
        shuffled = [labels[place] for place in np.random.default_rng(seed).permutation(len(labels))]
        taken += run_trial(vectors, shuffled, others={"plain": vectors}, head=HEAD).helps
    assert taken == 0


def test_what_tells_one_source_from_another_is_no_gain_when_sources_are_kept_together() -> None:
    """Slides have a look of their own, and classes have none: parted within slides a head seems to help."""
    rng = np.random.default_rng(0)
    slides = np.repeat(np.arange(12), 10)
    rows = 4 * rng.normal(size=(len(slides), DIM))
    rows[:, :14] = rng.normal(size=(12, 14))[slides] + 0.2 * rng.normal(size=(len(slides), 14))
    vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    labels = [f"class {slide % 3}" for slide in slides]
    assert run_trial(vectors, labels, others={"plain": vectors}, head=HEAD).helps
    grouped = run_trial(vectors, labels, others={"plain": vectors}, groups=[str(one) for one in slides], head=HEAD)
    assert not grouped.helps
    assert grouped.share == 0.2


def test_it_must_be_ahead_of_all_others() -> None:
    vectors, labels = specimens(6, 15)
    classes = np.unique(labels, return_inverse=True)[1]
    perfect = np.eye(6, dtype=np.float32)[classes]
    trial = run_trial(vectors, labels, others={"plain": vectors, "perfect": perfect}, head=HEAD)
    assert trial.gains["plain"].helps
    assert not trial.gains["perfect"].helps
    assert not trial.helps
    assert trial.plain["perfect"].means == {"f1": 1.0, "map": 1.0, "p_at_nk": 1.0}


def test_of_few_labels_half_is_held_out() -> None:
    vectors, labels = specimens(5, 6)
    assert run_trial(vectors, labels, others={"plain": vectors}).share == 0.5
    vectors, labels = specimens(5, 12)
    groups = [str(place % 6) for place in range(60)]  # fewer than ten groups: one fifth of them would be a single one
    assert run_trial(vectors, labels, others={"plain": vectors}, groups=groups).share == 0.5


def test_equal_labels_give_equal_figures() -> None:
    vectors, labels = specimens(4, 12)
    one = run_trial(vectors, labels, others={"plain": vectors})
    other = run_trial(vectors, labels, others={"plain": vectors})
    assert one.adapted.means == other.adapted.means
    assert one.gains == other.gains


@pytest.mark.parametrize(
    ("average_precision", "f1", "helps"),
    [
        (Difference(0.1, 0.05, 0.15), Difference(0.02, -0.1, 0.1), True),
        (Difference(0.1, -0.01, 0.2), Difference(0.1, 0.05, 0.15), False),
        (Difference(0.1, 0.05, 0.15), Difference(-0.02, -0.1, 0.1), False),
        (Difference(0.1, 0.05, 0.15), Difference(-0.004, -0.01, 0.01), True),
    ],
)
def test_the_decision(average_precision: Difference, f1: Difference, helps: bool) -> None:
    assert Gain(f1, average_precision, average_precision).helps is helps


def test_too_few_labels_are_refused_with_the_remedy() -> None:
    vectors, labels = specimens(5, 3)
    with pytest.raises(QueryError, match=r"15 labelled images of 5 classes, of which 0 have 4 or more.*Validate more"):
        run_trial(vectors, labels, others={"plain": vectors})
    with pytest.raises(QueryError, match="of which 1 have 4 or more"):
        run_trial(vectors[:8], ["a"] * 4 + ["b"] * 2 + ["c"] * 2, others={"plain": vectors[:8]})


def test_groups_in_which_nothing_can_be_found_are_refused() -> None:
    vectors, labels = specimens(2, 12)
    groups = [f"{label} {place % 2}" for place, label in enumerate(labels)]
    with pytest.raises(QueryError, match="too few groups"):
        run_trial(vectors, labels, others={"plain": vectors}, groups=groups)
