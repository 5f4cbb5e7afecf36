from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

from facies.core.errors import SegmentationModelError
from facies.models.segmentation.forest import LEAF, Forest, compact_forest

Rows = NDArray[np.float32]


def pixels(count: int, features: int, classes: int, seed: int) -> tuple[Rows, NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    codes = np.concatenate([np.arange(classes), rng.integers(0, classes, count - classes)])
    # Few different values: thresholds fall on values, and pixels of different classes look the same.
    rows = (rng.normal(size=(count, features)) + 0.3 * codes[:, None]).round(1).astype(np.float32)
    return rows, codes


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from([ExtraTreesClassifier, RandomForestClassifier]),
    st.integers(1, 9),
    st.integers(2, 6),
    st.integers(0, 10_000),
    st.sampled_from([(None, 1), (None, 7), (1, 1), (3, 4)]),
)
def test_it_names_the_probabilities_of_scikit_learn(
    grown: Any, features: int, classes: int, seed: int, limits: tuple[int | None, int]
) -> None:
    rows, codes = pixels(120, features, classes, seed)
    model = grown(7, random_state=seed, max_depth=limits[0], min_samples_leaf=limits[1]).fit(rows, codes)
    forest = compact_forest(model.estimators_, model.classes_, classes, features)
    others, _ = pixels(700, features, classes, seed + 1)
    np.testing.assert_allclose(forest.probabilities(others), model.predict_proba(others), atol=1e-6, rtol=0)


def test_a_value_just_above_a_threshold_goes_right_as_in_double_precision() -> None:
    """Thresholds lie between floats: rounded to the nearest one, some would let the wrong side pass."""
    low = np.float32(1)
    steps = np.array([low, np.nextafter(low, np.float32(2)), np.nextafter(low, np.float32(0))], np.float32)
    rows = np.repeat(steps, 5)[:, None]
    codes = np.repeat([0, 1, 2], 5)
    model = RandomForestClassifier(20, random_state=0).fit(rows, codes)
    forest = compact_forest(model.estimators_, model.classes_, 3, 1)
    np.testing.assert_allclose(forest.probabilities(rows), model.predict_proba(rows), atol=1e-6)


def grow(classes: int = 3, seed: int = 0, class_of: NDArray[np.intp] | None = None, leaf: int = 1) -> Forest:
    rows, codes = pixels(300, 5, classes, seed)
    model = ExtraTreesClassifier(9, random_state=seed, min_samples_leaf=leaf).fit(rows, codes)
    named = model.classes_ if class_of is None else class_of
    return compact_forest(model.estimators_, named, int(named.max()) + 1, 5)


def test_classes_without_a_pixel_get_nothing() -> None:
    forest = grow(class_of=np.array([1, 4, 5]))
    shares = forest.probabilities(pixels(200, 5, 3, 3)[0])
    assert shares.shape == (200, 6)
    assert shares[:, [0, 2, 3]].max() == 0
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-6)


def test_threads_and_company_change_no_bit() -> None:
    forest = grow(leaf=4)
    rows, _ = pixels(40_000, 5, 3, 8)
    whole = forest.probabilities(rows)
    np.testing.assert_array_equal(forest.probabilities(rows, threads=3), whole)
    np.testing.assert_array_equal(forest.probabilities(rows[17_001:17_302]), whole[17_001:17_302])
    np.testing.assert_array_equal(forest.probabilities(rows.reshape(200, 200, 5)), whole.reshape(200, 200, 3))


def test_no_pixel_at_all_is_an_answer_too() -> None:
    assert grow().probabilities(np.empty((0, 5), np.float32)).shape == (0, 3)


def test_pixels_of_other_features_are_refused() -> None:
    with pytest.raises(SegmentationModelError, match=r"6 features.*grown on 5"):
        grow().probabilities(np.zeros((4, 6), np.float32))


def test_a_tree_of_one_leaf_is_a_tree() -> None:
    forest = Forest(
        features=np.array([LEAF], np.uint16),
        thresholds=np.empty(0, np.float32),
        leaves=np.array([1], np.uint32),
        tree_nodes=np.array([1], np.uint32),
        distributions=np.eye(2, dtype=np.float32),
        feature_count=3,
    )
    np.testing.assert_array_equal(forest.probabilities(np.zeros((2, 3), np.float32)), [[0, 1], [0, 1]])


def changed(array: NDArray[Any], place: Any, value: Any) -> NDArray[Any]:
    copy = array.copy()
    copy[place] = value
    return copy


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda f: {"features": changed(f.features, 0, 5)}, "beyond the 5"),
        (lambda f: {"features": changed(f.features, 0, LEAF)}, "do not fit"),
        (lambda f: {"features": f.features[::-1].copy()}, "cannot be reached"),
        (lambda f: {"thresholds": changed(f.thresholds, 3, np.nan)}, "not finite"),
        (lambda f: {"thresholds": f.thresholds[:-1]}, "do not fit"),
        (lambda f: {"leaves": changed(f.leaves, 2, len(f.distributions))}, "not there"),
        (lambda f: {"leaves": f.leaves[:-1]}, "do not fit"),
        (lambda f: {"tree_nodes": f.tree_nodes[:-1]}, "do not add up"),
        (lambda f: {"tree_nodes": f.tree_nodes[::-1].copy()}, "cannot be reached"),
        (lambda f: {"tree_nodes": np.append(f.tree_nodes, np.uint32(0))}, "do not add up"),
        (lambda f: {"tree_nodes": np.array([], np.uint32)}, "0 trees"),
        (lambda f: {"distributions": changed(f.distributions, (-1, 0), 9)}, "add up to 1"),
        (lambda f: {"distributions": changed(f.distributions, (-1, 0), np.inf)}, "not finite"),
        (lambda f: {"distributions": f.distributions[::-1].copy()}, "pure"),
        (lambda f: {"distributions": f.distributions[:2]}, "d >= K"),
        (lambda f: {"feature_count": 0}, "beyond"),
    ],
)
def test_what_is_no_forest_is_refused_before_it_is_walked(change: Any, match: str) -> None:
    forest = grow(leaf=4)
    assert len(forest.distributions) > 3
    with pytest.raises(SegmentationModelError, match=match):
        replace(forest, **change(forest))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_nodes_in_any_disorder_are_refused_or_end_in_leaves(seed: int) -> None:
    """Whatever passes the check is a forest: walking it ends, and gives shares of 1."""
    rng = np.random.default_rng(seed)
    forest = grow(seed=seed % 5)
    places = rng.integers(0, len(forest.features), 4)
    shuffled = forest.features.copy()
    shuffled[places] = shuffled[np.roll(places, 1)]
    try:
        other = replace(forest, features=shuffled, tree_nodes=rng.permutation(forest.tree_nodes))
    except SegmentationModelError:
        return
    np.testing.assert_allclose(other.probabilities(pixels(50, 5, 3, seed)[0]).sum(axis=1), 1, atol=1e-5)
