"""Scores of strokes that were held out whole."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facies.core.segmentation import ClassTable
from facies.indexer.segmentation.held_out import score_held_out
from facies.models.segmentation.pixel_classifier import PixelClassifier, fit_classifier

TABLE = ClassTable.of_names(["shale", "sand", "lime"])


def fit(features: NDArray[np.float32], classes: NDArray[np.int32]) -> PixelClassifier:
    return fit_classifier("extra-trees", features, classes, classes=len(TABLE), seed=0, trees=10, threads=1)


def strokes(*, shift: float, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.int32]]:
    """Two strokes of 40 pixels in each class; pixels of one stroke are alike, strokes of a class differ by a shift."""
    rng = np.random.default_rng(seed)
    classes = np.repeat(np.arange(3, dtype=np.int32), 80)
    groups = np.repeat(np.arange(6, dtype=np.int32), 40)
    features = rng.normal(0, 0.05, (240, 4)) + classes[:, None] * 4.0
    features += np.where(groups % 2, shift, -shift)[:, None] * rng.normal(1, 0.01, (240, 4))
    return features.astype(np.float32), classes, groups


def test_classes_that_lie_apart_are_named_right_whoever_is_held_out() -> None:
    found = score_held_out(*strokes(shift=0.1), fit, TABLE)
    assert found.grouped is not None
    assert found.poster is not None
    assert (found.grouped.macro_f1, found.poster.macro_f1, found.folds) == (1.0, 1.0, 2)
    assert found.confusion is not None
    assert found.confusion.pixels == 240
    assert found.unscored == ()


def test_a_score_on_pixels_whose_neighbours_were_trained_on_hides_what_whole_strokes_show() -> None:
    found = score_held_out(*strokes(shift=2.1), fit, TABLE)
    assert found.grouped is not None
    assert found.poster is not None
    assert found.poster.macro_f1 is not None
    assert found.grouped.macro_f1 is not None
    assert found.poster.macro_f1 > 0.95
    assert found.grouped.macro_f1 < 0.7


def test_a_class_of_one_stroke_is_named_as_one_without_a_score() -> None:
    features, classes, groups = strokes(shift=0.1)
    groups[classes == 2] = 4
    found = score_held_out(features, classes, groups, fit, TABLE)
    assert found.unscored == (2,)
    assert set(found.as_json()["grouped_cv_per_class"]) == {"0", "1"}


def test_without_a_second_stroke_anywhere_there_is_no_grouped_score() -> None:
    features, classes, _ = strokes(shift=0.1)
    found = score_held_out(features, classes, classes.copy(), fit, TABLE)
    told = found.as_json()
    assert told["grouped_cv_f1"] is None
    assert told["grouped_cv_confusion"] is None
    assert told["unscored_classes"] == [0, 1, 2]
    assert told["poster_f1"] == 1.0
    assert "leaks" in told["poster_note"]


def test_every_fit_is_told_of_before_it_begins() -> None:
    told: list[tuple[int, int]] = []
    score_held_out(*strokes(shift=0.1), fit, TABLE, check=lambda done, total: told.append((done, total)))
    assert told == [(0, 3), (1, 3), (2, 3)]
