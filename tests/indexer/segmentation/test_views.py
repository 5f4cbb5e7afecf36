"""Views of an image and the mean of their predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from facies.core.errors import SegmentationError
from facies.indexer.segmentation.views import VIEW_SETS, View, find_views, predict_by_views

SIZES = st.tuples(st.integers(1, 9), st.integers(1, 9))


def _image(size: tuple[int, int], seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)


def _by_colour(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Distributions that follow from each pixel alone, so that they turn with the image."""
    weights = image.astype(np.float32) + 1
    shares: NDArray[np.float32] = weights / weights.sum(axis=2, keepdims=True)
    return shares


def _by_row(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Distributions that follow from the place in the image, so that each view says something else."""
    height, width = image.shape[:2]
    first = np.repeat(np.linspace(0, 1, height, dtype=np.float32)[:, None], width, axis=1)
    return np.stack([first, 1 - first], axis=2)


@settings(deadline=None)
@given(SIZES, st.sampled_from(VIEW_SETS["all"]))
def test_a_view_is_undone_exactly(size: tuple[int, int], view: View) -> None:
    image = _image(size)
    np.testing.assert_array_equal(view.lay_back(view.lay(image)), image)


def test_the_eight_views_of_an_image_all_differ() -> None:
    image = _image((5, 5))
    assert len({np.ascontiguousarray(view.lay(image)).tobytes() for view in VIEW_SETS["all"]}) == 8


def test_flips_never_exchange_height_and_width() -> None:
    assert {view.lay(_image((3, 7))).shape for view in VIEW_SETS["flips"]} == {(3, 7, 3)}


@settings(deadline=None)
@given(SIZES, st.sampled_from(sorted(VIEW_SETS)))
def test_a_prediction_that_turns_with_the_image_is_the_same_by_any_views(size: tuple[int, int], name: str) -> None:
    image = _image(size)
    np.testing.assert_array_equal(predict_by_views(image, _by_colour, find_views(name)), _by_colour(image))


def test_probabilities_are_averaged_where_the_pixels_belong() -> None:
    mean = predict_by_views(_image((5, 3)), _by_row, (View(), View(2)))
    np.testing.assert_allclose(mean, 0.5, atol=1e-7)
    mean = predict_by_views(_image((5, 5)), _by_row, VIEW_SETS["all"])
    np.testing.assert_allclose(mean, 0.5, atol=1e-7)


@settings(deadline=None)
@given(SIZES)
def test_the_mean_is_a_distribution_of_float32(size: tuple[int, int]) -> None:
    mean = predict_by_views(_image(size), _by_row, VIEW_SETS["flips"])
    assert mean.dtype == np.float32
    assert mean.shape == (*size, 2)
    np.testing.assert_allclose(mean.sum(axis=2), 1, atol=1e-6)


@settings(deadline=None)
@given(SIZES)
def test_the_views_of_a_turned_image_give_the_turned_mean(size: tuple[int, int]) -> None:
    image = _image(size)
    turn = View(1, is_mirrored=True)
    whole = predict_by_views(image, _by_row, VIEW_SETS["all"])
    turned = predict_by_views(np.ascontiguousarray(turn.lay(image)), _by_row, VIEW_SETS["all"])
    np.testing.assert_allclose(turned, turn.lay(whole), atol=1e-7)


def test_each_prediction_gets_a_contiguous_image() -> None:
    def predict(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        assert image.flags.c_contiguous
        return _by_colour(image)

    predict_by_views(_image((4, 6)), predict, VIEW_SETS["all"])


def test_an_unknown_set_of_views_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SegmentationError, match="none, flips, all"):
        find_views("rotations")


def test_no_views_are_refused() -> None:
    with pytest.raises(SegmentationError, match="at least one"):
        predict_by_views(_image((2, 2)), _by_colour, ())


def test_a_prediction_of_another_size_is_refused() -> None:
    def cut(image: NDArray[np.uint8]) -> NDArray[Any]:
        return _by_colour(image)[:-1]

    with pytest.raises(SegmentationError, match="4 rows and 6 columns"):
        predict_by_views(_image((4, 6)), cut, VIEW_SETS["none"])
