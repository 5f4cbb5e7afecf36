from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.calibration import calibration_curve
from sklearn.metrics import log_loss

from facies.core.errors import QueryError
from facies.models.calibration import compute_log_loss, fit_temperature, measure_reliability, soften

RNG = np.random.default_rng(11)


def overconfident(count: int = 4_000) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Probabilities that are the truth's own, sharpened to the third power, and classes drawn from the truth."""
    honest = RNG.dirichlet([1.0, 1.0, 1.0], count)
    truth = (honest.cumsum(axis=1) > RNG.random((count, 1))).argmax(axis=1)
    return soften(honest, 1 / 3), truth


def test_the_temperature_undoes_what_sharpened_the_probabilities() -> None:
    named, truth = overconfident()
    temperature = fit_temperature(named, truth)
    assert temperature == pytest.approx(3, rel=0.1)
    before = measure_reliability(named.max(axis=1), named.argmax(axis=1) == truth)
    after = measure_reliability(soften(named, temperature).max(axis=1), named.argmax(axis=1) == truth)
    assert before.error > 0.15
    assert after.error < 0.03


def test_softening_changes_no_order() -> None:
    named, _ = overconfident(50)
    for temperature in (0.3, 1.0, 4.0):
        softened = soften(named, temperature)
        assert np.array_equal(np.argsort(softened), np.argsort(named))
        np.testing.assert_allclose(softened.sum(axis=1), 1)
    np.testing.assert_allclose(soften(named, 1.0), named, atol=1e-9)


def test_a_class_without_probability_is_no_trouble() -> None:
    certain = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert np.isfinite(soften(certain, 0.05)).all()
    assert np.isfinite(compute_log_loss(certain, np.array([1, 0])))
    assert fit_temperature(certain, np.array([1, 0])) == pytest.approx(20, rel=0.01)


@pytest.mark.parametrize("count", [10, 1_000])
def test_all_right_is_not_taken_for_certain(count: int) -> None:
    """The next image may be wrong: one in so many as were seen, about."""
    named = np.tile([0.8, 0.2], (count, 1))
    sure = soften(named, fit_temperature(named, np.zeros(count, dtype=np.int64)))[0, 1]
    assert 0.2 / count < sure < 2 / count


def test_the_loss_is_that_of_scikit_learn() -> None:
    named, truth = overconfident(200)
    assert compute_log_loss(named, truth) == pytest.approx(log_loss(truth, named, labels=[0, 1, 2]), rel=1e-6)


def test_the_bins_are_those_of_scikit_learn() -> None:
    confidence = RNG.random(500)
    right = RNG.random(500) < confidence**2
    found = measure_reliability(confidence, right, bins=10)
    share, mean = calibration_curve(right, confidence, n_bins=10)
    there = found.counts > 0
    np.testing.assert_allclose(found.right[there], share)
    np.testing.assert_allclose(found.confidence[there], mean)
    assert found.error == pytest.approx(np.sum(np.abs(share - mean) * found.counts[there]) / 500)


def test_the_ends_of_the_scale_have_a_bin() -> None:
    found = measure_reliability(np.array([0.0, 1.0]), np.array([False, True]), bins=4)
    assert found.counts.tolist() == [1, 0, 0, 1]
    assert found.error == 0


def test_nothing_to_calibrate_on_is_told() -> None:
    with pytest.raises(QueryError, match="no image to calibrate on"):
        fit_temperature(np.empty((0, 2)), np.empty(0, dtype=np.int64))
    assert measure_reliability(np.empty(0), np.empty(0, dtype=bool)).error == 0
