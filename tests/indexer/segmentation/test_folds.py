import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facies.core.errors import QueryError
from facies.core.segmentation import ClassTable
from facies.indexer.segmentation.folds import NEVER_HELD_OUT, image_folds, pool_groups, poster_split, stroke_folds
from facies.indexer.segmentation.labelled_pixels import LabelledPixels

STROKES = st.lists(st.tuples(st.integers(0, 4), st.integers(1, 9)), min_size=1, max_size=30)
"""The class and the size of each stroke."""


def pixels(strokes: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    sizes = [size for _, size in strokes]
    return (
        np.repeat([kind for kind, _ in strokes], sizes).astype(np.int32),
        np.repeat(np.arange(len(strokes)), sizes).astype(np.int32),
    )


@settings(deadline=None)
@given(STROKES, st.integers(2, 7), st.integers(0, 3))
def test_no_stroke_is_divided_and_every_class_is_trained_on_in_every_fold(
    strokes: list[tuple[int, int]], wanted: int, seed: int
) -> None:
    classes, groups = pixels(strokes)
    found = stroke_folds(classes, groups, folds=wanted, seed=seed)
    assert all(len(set(found.fold[groups == group])) == 1 for group in set(groups))
    single = {kind for kind in set(classes) if len(set(groups[classes == kind])) == 1}
    assert set(found.unscored) == single
    assert np.array_equal(found.fold == NEVER_HELD_OUT, np.isin(classes, list(single)))
    held_out = set(found.fold) - {NEVER_HELD_OUT}
    assert held_out == set(range(found.count))
    assert found.count <= wanted
    for fold in range(found.count):
        assert set(classes[found.fold != fold]) == set(classes)


@given(STROKES)
def test_the_same_seed_gives_the_same_folds(strokes: list[tuple[int, int]]) -> None:
    classes, groups = pixels(strokes)
    assert np.array_equal(stroke_folds(classes, groups).fold, stroke_folds(classes, groups).fold)


def test_strokes_of_each_class_are_spread_evenly_and_folds_are_of_like_size() -> None:
    rng = np.random.default_rng(0)
    classes, groups = pixels([(kind, int(rng.integers(100, 300))) for kind in range(6) for _ in range(7)])
    found = stroke_folds(classes, groups, folds=3)
    for kind in range(6):
        counts = [len(set(groups[(classes == kind) & (found.fold == fold)])) for fold in range(3)]
        assert sorted(counts) == [2, 2, 3]
    sizes = np.bincount(found.fold)
    assert sizes.max() < 1.2 * sizes.min()


def test_nothing_is_held_out_where_every_class_has_one_stroke() -> None:
    classes, groups = pixels([(0, 4), (1, 4)])
    found = stroke_folds(classes, groups)
    assert (found.count, found.unscored) == (0, (0, 1))


def test_groups_of_several_images_are_apart() -> None:
    at = np.array([0, 2], np.int32)
    labels = LabelledPixels(at, at, at * 0, np.array([5, 9], np.int32), ClassTable.of_names(["a"]), (9, 9))
    assert pool_groups([labels, labels]).tolist() == [0, 1, 2, 3]


def test_one_fold_is_none() -> None:
    with pytest.raises(QueryError, match="1 folds"):
        stroke_folds(*pixels([(0, 4)]), folds=1)


@given(st.integers(2, 3_000), st.integers(0, 3))
def test_the_poster_holds_out_five_in_a_hundred_pixels(count: int, seed: int) -> None:
    held_out = poster_split(count, seed=seed)
    assert np.count_nonzero(held_out) == max(round(count / 20), 1)
    assert np.array_equal(held_out, poster_split(count, seed=seed))


def test_the_poster_needs_pixels_and_a_share() -> None:
    for count, share in ((1, 0.5), (5, 0.0), (5, 1.0)):
        with pytest.raises(QueryError):
            poster_split(count, share=share)


PIXELS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), min_size=1, max_size=60)
"""The class and the image of each pixel."""


@settings(deadline=None)
@given(PIXELS, st.integers(2, 7), st.integers(0, 3))
def test_no_image_is_on_both_sides_and_what_one_image_alone_has_always_trains(
    drawn: list[tuple[int, int]], wanted: int, seed: int
) -> None:
    classes, images = np.array(drawn, np.int32).T
    found = image_folds(classes, images, folds=wanted, seed=seed)
    single = {kind for kind in set(classes) if len(set(images[classes == kind])) == 1}
    assert set(found.unscored) == single
    held_out = found.fold != NEVER_HELD_OUT
    assert np.array_equal(held_out, ~np.isin(classes, list(single)))
    assert all(len(set(found.fold[held_out & (images == image)])) <= 1 for image in set(images))
    assert set(found.fold[held_out]) == set(range(found.count))
    assert found.count <= wanted


def test_images_are_dealt_to_two_folds_or_more() -> None:
    with pytest.raises(QueryError, match="1 folds"):
        image_folds(np.zeros(3, np.int32), np.arange(3), folds=1)
