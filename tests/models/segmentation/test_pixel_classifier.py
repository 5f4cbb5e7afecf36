from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from sklearn.metrics import f1_score

from facies.core.errors import ClassifierError, TooFewClassesError
from facies.models.segmentation.forest import Forest
from facies.models.segmentation.linear import LinearPixels
from facies.models.segmentation.pixel_classifier import KINDS, ClassifierKind, PixelClassifier, fit_classifier

Rows = NDArray[np.float32]


def clouds(each: int, classes: int = 4, features: int = 8, seed: int = 0) -> tuple[Rows, NDArray[np.int64]]:
    means = np.random.default_rng(50).normal(size=(classes, features)) * 2  # the same for every seed
    codes = np.repeat(np.arange(classes), each)
    noise = np.random.default_rng(seed).normal(size=(classes * each, features))
    return (means[codes] + noise).astype(np.float32), codes


def content(classifier: PixelClassifier) -> list[NDArray[np.generic]]:
    if isinstance(classifier, Forest):
        return [classifier.features, classifier.thresholds, classifier.leaves, classifier.distributions]
    assert isinstance(classifier, LinearPixels)
    return [classifier.weights, classifier.intercepts]


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(KINDS), st.integers(0, 10_000), st.integers(1, 3))
def test_the_order_of_pixels_and_the_threads_change_no_bit(kind: ClassifierKind, seed: int, threads: int) -> None:
    """Also with pixels that occur twice, in one class and in two, and with both zeros."""
    rows, codes = clouds(30, seed=seed)
    rows, codes = np.concatenate([rows, rows[:20], rows[-20:]]), np.concatenate([codes, codes[:20], codes[:20]])
    rows[::7, 2] = 0.0
    rows[::14, 2] = -0.0
    first = fit_classifier(kind, rows, codes, seed=seed, trees=5)
    order = np.random.default_rng(seed).permutation(len(rows))
    second = fit_classifier(kind, rows[order], codes[order], seed=seed, trees=5, threads=threads)
    for one, other in zip(content(first), content(second), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("kind", ["extra-trees", "random-forest"])
def test_another_seed_grows_other_trees(kind: ClassifierKind) -> None:
    rows, codes = clouds(30)
    first, second = (fit_classifier(kind, rows, codes, seed=seed, trees=5) for seed in (0, 1))
    assert isinstance(first, Forest)
    assert isinstance(second, Forest)
    assert not np.array_equal(first.thresholds, second.thresholds)


@pytest.mark.parametrize("kind", KINDS)
def test_it_names_pixels_that_it_has_not_seen(kind: ClassifierKind) -> None:
    classifier = fit_classifier(kind, *clouds(60), trees=40)
    rows, codes = clouds(80, seed=9)
    shares = classifier.probabilities(rows)
    assert shares.dtype == np.float32
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-5)
    assert np.mean(shares.argmax(axis=1) == codes) > 0.9


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seen", [[1, 3], [0, 2, 5]])
def test_classes_without_a_pixel_get_nothing(kind: ClassifierKind, seen: list[int]) -> None:
    rows, codes = clouds(40, len(seen))
    named = np.array(seen)[codes]
    classifier = fit_classifier(kind, rows, named, classes=7, trees=10)
    shares = classifier.probabilities(rows)
    assert classifier.classes == shares.shape[1] == 7
    assert classifier.feature_count == 8
    assert np.delete(shares, seen, axis=1).max() == 0
    assert np.mean(shares.argmax(axis=1) == named) > 0.9


@pytest.mark.parametrize("kind", KINDS)
def test_fewer_pixels_than_features_are_enough(kind: ClassifierKind) -> None:
    rows, codes = clouds(12, 3, 150)
    others, truth = clouds(40, 3, 150, seed=4)
    assert np.mean(fit_classifier(kind, rows, codes).probabilities(others).argmax(axis=1) == truth) > 0.9


def test_a_feature_that_never_varies_does_no_harm() -> None:
    rows, codes = clouds(40)
    rows[:, 3] = 7.0
    for kind in get_args(ClassifierKind):
        shares = fit_classifier(kind, rows, codes, trees=10).probabilities(rows)
        assert np.mean(shares.argmax(axis=1) == codes) > 0.9


def test_what_cannot_be_learnt_from_is_told() -> None:
    rows, codes = clouds(5)
    with pytest.raises(ClassifierError, match=r"no classifier 'svm'; there are extra-trees, random-forest, linear"):
        fit_classifier("svm", rows, codes)  # type: ignore[arg-type] # what a person may type
    with pytest.raises(TooFewClassesError, match="at least two classes"):
        fit_classifier("extra-trees", rows, np.zeros(20, dtype=int))
    with pytest.raises(TooFewClassesError, match="no class"):
        fit_classifier("extra-trees", rows[:0], codes[:0])
    with pytest.raises(ClassifierError, match="not finite"):
        fit_classifier("linear", np.where(rows > 3, np.nan, rows).astype(np.float32), codes)
    with pytest.raises(ClassifierError, match=r"from 0 to 3, expected 0 to 1"):
        fit_classifier("linear", rows, codes, classes=2)
    with pytest.raises(ClassifierError, match=r"from -1 to 2"):
        fit_classifier("linear", rows, codes - 1)
    with pytest.raises(ClassifierError, match=r"\(20, 8\).*\(19,\)"):
        fit_classifier("linear", rows, codes[:-1])
    with pytest.raises(ClassifierError, match="0 trees"):
        fit_classifier("extra-trees", rows, codes, trees=0)
