from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from facies.core.errors import QueryError
from facies.indexer.evaluation.comparison import (
    Contender,
    Difference,
    Versus,
    bootstrap,
    compare,
    compare_splits,
    recommend,
)
from facies.indexer.evaluation.protocol import evaluate

from .conftest import clusters, unit


def contender(name: str, images_per_s: float | None, *, noise: float = 0.0, seed: int = 1, dim: int = 12) -> Contender:
    """The same images by a recipe that sees them through more or less noise."""
    vectors, labels = clusters(4, 30, spread=0.5)
    blurred = vectors + noise * np.random.default_rng(seed).normal(size=vectors.shape)
    return Contender(name, evaluate(unit(blurred), labels), images_per_s, dim)


def test_the_interval_of_a_mean_holds_it_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(40):
        found = bootstrap(rng.normal(0.1, 1.0, 60))
        held += found.low <= 0.1 <= found.high
        assert found.low < found.mean < found.high
    assert held >= 34


def test_the_interval_is_that_of_the_normal_law_for_many() -> None:
    differences = np.random.default_rng(1).normal(0.0, 1.0, 2000)
    found = bootstrap(differences)
    half = 1.96 * differences.std() / np.sqrt(2000)
    assert (found.low, found.high) == pytest.approx((found.mean - half, found.mean + half), abs=0.006)
    assert bootstrap(differences) == found


def test_queries_that_take_no_part_are_left_out() -> None:
    values = np.random.default_rng(2).normal(size=30)
    assert bootstrap(np.concatenate([values, [np.nan] * 5])) == bootstrap(values)


def test_images_of_one_group_count_as_one_observation() -> None:
    values = np.repeat(np.random.default_rng(3).normal(size=20), 10)
    alone, together = bootstrap(values), bootstrap(values, np.repeat(np.arange(20), 10))
    assert together.high - together.low > 2.5 * (alone.high - alone.low)
    assert together.mean == pytest.approx(alone.mean)


def test_splits_by_the_corrected_t_test() -> None:
    differences = np.array([0.03, 0.01, 0.02, -0.01, 0.02, 0.04, 0.0, 0.01, 0.03, 0.02])
    found = compare_splits(differences, 0.25)
    half = 2.262157 * np.sqrt((0.1 + 0.25) * differences.var(ddof=1))
    assert (found.mean, found.low, found.high) == pytest.approx((0.017, 0.017 - half, 0.017 + half), abs=1e-5)
    assert not compare_splits(differences[:1], 0.25).significant


def test_a_difference_says_itself() -> None:
    assert str(Difference(-0.0124, -0.02, -0.0039)) == "-0.012 [-0.020, -0.004]"
    assert Difference(-0.01, -0.02, -0.004).significant
    assert Difference(0.01, 0.004, 0.02).significant
    assert not Difference(0.01, -0.004, 0.02).significant


def test_a_sure_loss_that_means_nothing_is_none() -> None:
    none, small, large = (
        Difference(0, -0.01, 0.01),
        Difference(-0.004, -0.005, -0.003),
        Difference(-0.006, -0.01, -0.001),
    )
    assert not Versus("x", f1=none, p_at_nk=small, average_precision=large).worse
    assert Versus("x", f1=none, p_at_nk=large, average_precision=none).worse
    assert Versus("x", f1=small, p_at_nk=none, average_precision=none).worse


def test_a_recipe_differs_from_itself_by_nothing() -> None:
    one = contender("one", 10)
    versus = compare(one, one)
    assert {versus.f1, versus.p_at_nk, versus.average_precision} == {Difference(0, 0, 0)}
    assert not versus.worse


def test_the_cheapest_of_those_that_are_as_good_is_recommended() -> None:
    slow, quick = contender("slow", 5), contender("quick", 50, noise=0.002)
    bad = contender("bad", 500, noise=2.0)
    found = recommend([bad, slow, quick])
    assert (found.name, found.best in {"slow", "quick"}) == ("quick", True)
    against = {versus.name: versus.worse for versus in found.against}
    assert against["bad"]
    assert {"slow", "quick"} - {found.best} <= against.keys()


def test_the_reason_tells_which_case_it_is() -> None:
    best, bad = contender("best", 5), contender("bad", 500, noise=2.0)
    assert "every other recipe finds or names worse" in recommend([best, bad]).reason
    near = dataclasses.replace(best, name="near", images_per_s=4)
    assert "near is as good within chance or 0.005, but not cheaper" in recommend([best, near]).reason
    assert recommend([best, near]).name == "best"
    worse_but_quick = contender("quick", 50, noise=0.002, seed=3)
    found = recommend([dataclasses.replace(best, name="slow", images_per_s=1), worse_but_quick])
    assert found.name == "quick"


def test_rates_that_are_about_the_same_leave_it_to_the_length() -> None:
    one = contender("one", 40.0, dim=1664)
    short = dataclasses.replace(one, name="short", images_per_s=36.0, dim=1280)
    assert recommend([one, short]).name == "short"
    assert recommend([one, dataclasses.replace(short, images_per_s=30.0)]).name == "one"


def test_stored_vectors_are_free_and_short_ones_cheaper() -> None:
    one = contender("one", None, dim=200)
    assert recommend([one, dataclasses.replace(one, name="short", dim=64)]).name == "short"
    assert recommend([dataclasses.replace(one, name="embedded", images_per_s=900.0, dim=8), one]).name == "one"


def test_what_cannot_be_compared_is_refused() -> None:
    one = contender("one", 1)
    with pytest.raises(QueryError, match="at least 2"):
        recommend([one])
    vectors, labels = clusters(4, 29)
    with pytest.raises(QueryError, match="same images"):
        recommend([one, Contender("other", evaluate(vectors, labels), 1, 12)])
