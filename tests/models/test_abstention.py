from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from facies.core.errors import QueryError
from facies.models.abstention import FEWEST_OF_A_CLASS, Verdict, bound_share, choose_rule, decide, find_threshold

ALL = np.ones(1_000, dtype=bool)


def honest(count: int = 1_000, classes: int = 4, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    named = rng.dirichlet(np.full(classes, 0.25), count)
    truth = (named.cumsum(axis=1) > rng.random((count, 1))).argmax(axis=1)
    return named, truth


@given(
    st.lists(st.tuples(st.sampled_from([0.2, 0.5, 0.7, 0.9]), st.booleans()), min_size=1, max_size=30),
    st.sampled_from([0.5, 0.8, 0.95]),
)
def test_no_lower_threshold_would_do(pairs: list[tuple[float, bool]], precision: float) -> None:
    confidence, right = np.array([c for c, _ in pairs]), np.array([r for _, r in pairs])
    found = find_threshold(confidence, right, precision)
    reached = [t for t in np.unique(confidence) if right[confidence >= t].mean() >= precision]
    assert found == (min(reached) if reached else np.nextafter(1.0, 2.0))


def test_nothing_to_choose_from_accepts_nothing() -> None:
    assert find_threshold(np.empty(0), np.empty(0, dtype=bool), 0.9) > 1


@pytest.mark.parametrize("precision", [0.8, 0.9, 0.97])
def test_what_is_asked_for_is_kept_on_others(precision: float) -> None:
    named, truth = honest()
    rule = choose_rule(named, truth, ALL, precision)
    others, theirs = honest(4_000, seed=2)
    decided = decide(others, np.zeros(4_000), rule)
    accepted = decided.verdicts == Verdict.LABEL
    assert np.mean(decided.codes[accepted] == theirs[accepted]) == pytest.approx(precision, abs=0.02)
    assert accepted.mean() == pytest.approx(rule.coverage, abs=0.04)
    low, high = rule.interval
    assert low < rule.right / rule.accepted < high
    held = decided.sets[np.arange(4_000), theirs][~accepted]
    assert held.mean() == pytest.approx(precision, abs=0.03)


def test_the_gate_comes_first() -> None:
    named, truth = honest(1_000)
    passing = np.arange(1_000) % 2 == 0
    rule = choose_rule(named, truth, passing, 0.9, novelty=0.3)
    assert rule.accepted <= 500
    decided = decide(named, np.where(passing, 0.2, 0.4), rule)
    assert (decided.verdicts[~passing] == Verdict.UNKNOWN).all()
    assert np.count_nonzero(decided.verdicts == Verdict.LABEL) == rule.accepted


def test_each_class_may_have_to_reach_the_precision_by_itself() -> None:
    """Class 1 is named wrongly half of the time, however sure: by itself it is never named."""
    rng = np.random.default_rng(5)
    confidence = rng.uniform(0.5, 1, 1_000)
    codes = np.arange(1_000) % 10 == 0
    named = np.where(
        codes[:, None], np.stack([1 - confidence, confidence], 1), np.stack([confidence, 1 - confidence], 1)
    )
    truth = np.where(codes, rng.integers(0, 2, 1_000), 0)
    whole = choose_rule(named, truth, ALL, 0.94)
    apart = choose_rule(named, truth, ALL, 0.94, per_class=True)
    assert np.mean(decide(named, np.zeros(1_000), whole).verdicts[codes] == Verdict.LABEL) > 0.5
    assert apart.by_class[1] > 0.95
    assert np.mean(decide(named, np.zeros(1_000), apart).verdicts[codes] == Verdict.LABEL) < 0.1


def test_a_class_that_few_are_named_by_shares_the_threshold() -> None:
    named, truth = honest(FEWEST_OF_A_CLASS, classes=3)
    rule = choose_rule(named, truth, ALL[: len(named)], 0.8, per_class=True)
    assert (rule.by_class == rule.threshold).all()


def test_a_set_has_the_most_probable_class_at_least() -> None:
    named, truth = honest(200)
    rule = choose_rule(named, truth, ALL[:200], 0.6)
    sets = decide(named, np.zeros(200), rule).sets
    assert sets[np.arange(200), named.argmax(axis=1)].all()


@pytest.mark.parametrize(("right", "total"), [(0, 0), (0, 5), (5, 5), (3, 10), (950, 1_000)])
def test_bounds_are_the_exact_ones(right: int, total: int) -> None:
    low, high = bound_share(right, total)
    if not total:
        assert (low, high) == (0, 1)
        return
    expected = binomtest(right, total).proportion_ci(0.95, method="exact")
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-9)


@pytest.mark.parametrize("precision", [0.0, 1.0, -0.1, float("nan")])
def test_a_precision_out_of_range_is_told(precision: float) -> None:
    with pytest.raises(QueryError, match="precision asked for"):
        choose_rule(*honest(10), ALL[:10], precision)
    with pytest.raises(QueryError, match="no validated image"):
        choose_rule(np.empty((0, 2)), np.empty(0, dtype=np.int64), ALL[:0], 0.9)
