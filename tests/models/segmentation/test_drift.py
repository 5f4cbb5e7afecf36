from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from facies.core.errors import SegmentationError
from facies.models.segmentation.drift import (
    DriftReport,
    ImageStatistics,
    StatisticsGatherer,
    measure_drift,
    uncertainty,
)


def image(shift: float = 0.0, sure: float = 0.9, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    rng = np.random.default_rng(seed)
    features = (rng.normal(size=(40, 30, 6)) * np.arange(1, 7) + shift * np.arange(1, 7)).astype(np.float32)
    is_sure = rng.random((40, 30)) < sure
    shares = np.where(is_sure[..., None], [0.8, 0.1, 0.1], [0.45, 0.4, 0.15]).astype(np.float32)
    return features, shares


def gathered(*images: tuple[NDArray[np.float32], NDArray[np.float32]]) -> ImageStatistics:
    gatherer = StatisticsGatherer(6)
    for features, shares in images:
        for start in range(0, len(features), 16):
            gatherer.add(features[start : start + 16], shares[start : start + 16])
    return gatherer.statistics()


def test_statistics_are_those_of_all_pixels() -> None:
    one, other = image(), image(0.5, seed=3)
    found = gathered(one, other)
    rows = np.concatenate([one[0], other[0]]).reshape(-1, 6)
    np.testing.assert_allclose(found.means, rows.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(found.spreads, rows.std(axis=0), rtol=1e-5)
    margins = np.concatenate([one[1], other[1]])[..., 0] < 0.5
    assert found.unsure_share == pytest.approx(margins.mean())


def test_spreads_of_features_far_from_zero_are_right() -> None:
    features, shares = image()
    far = gathered((features + np.float32(1000), shares))
    np.testing.assert_allclose(far.spreads, gathered((features, shares)).spreads, rtol=1e-3)


def test_the_images_of_training_do_not_warn() -> None:
    found = gathered(image())
    report = measure_drift(found, found)
    assert report.mean_shift == 0
    assert not report.is_drifting
    assert "looks like those" in report.sentence


def test_features_that_moved_warn() -> None:
    report = measure_drift(gathered(image()), gathered(image(1.0, seed=1)))
    assert report.mean_shift == pytest.approx(1, abs=0.1)
    assert report.is_shifted
    assert not report.is_unsure
    assert "1.0" in report.sentence
    assert "top-up strokes" in report.sentence


def test_many_unsure_pixels_warn() -> None:
    report = measure_drift(gathered(image()), gathered(image(sure=0.5, seed=1)))
    assert report.is_unsure
    assert not report.is_shifted
    assert "50%" in report.sentence
    assert "10%" in report.sentence


@pytest.mark.parametrize(
    ("usual", "now", "is_unsure"), [(0.0, 0.04, False), (0.0, 0.06, True), (0.4, 0.48, False), (0.4, 0.52, True)]
)
def test_few_more_unsure_pixels_do_not_warn(usual: float, now: float, is_unsure: bool) -> None:
    assert DriftReport(now, usual, 0.0).is_unsure is is_unsure


def test_a_feature_that_never_varied_says_nothing() -> None:
    flat = ImageStatistics(np.zeros(3), np.array([0.0, 1.0, 1.0]), 0.1)
    moved = ImageStatistics(np.array([50.0, 0.0, 0.0]), np.ones(3), 0.1)
    assert measure_drift(flat, moved).mean_shift == 0


def test_uncertainty_is_one_less_the_margin() -> None:
    shares = np.array([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0], [0.2, 0.1, 0.7]], np.float32)
    np.testing.assert_allclose(uncertainty(shares), [1, 0, 0.5], atol=1e-6)
    np.testing.assert_array_equal(uncertainty(np.ones((4, 1), np.float32)), 0)


def test_numbers_of_no_image_are_refused() -> None:
    with pytest.raises(SegmentationError, match="none"):
        ImageStatistics(np.array([np.nan]), np.ones(1), 0.1)
    with pytest.raises(SegmentationError, match="none"):
        ImageStatistics(np.zeros(2), -np.ones(2), 0.1)
    with pytest.raises(SegmentationError, match="none"):
        ImageStatistics(np.zeros(2), np.ones(3), 0.1)
    with pytest.raises(SegmentationError, match="share of unsure"):
        ImageStatistics(np.zeros(2), np.ones(2), 1.5)
    with pytest.raises(SegmentationError, match="no pixel"):
        StatisticsGatherer(3).statistics()
    with pytest.raises(SegmentationError, match="2 and of 3 features"):
        measure_drift(ImageStatistics(np.zeros(2), np.ones(2), 0), ImageStatistics(np.zeros(3), np.ones(3), 0))
