import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from facies.core.errors import LabelsError
from facies.indexer.segmentation.stroke_drawing import cover_stroke

SHAPE = (37, 53)
POINTS = st.lists(st.tuples(st.floats(-0.5, 53), st.floats(-0.5, 37)), min_size=1, max_size=6)


def covered(points: list[tuple[float, float]], width: float, shape: tuple[int, int] = SHAPE) -> np.ndarray:
    image = np.zeros(shape, bool)
    image.flat[cover_stroke(np.array(points, float), width, shape, "s")] = True
    return image


@settings(deadline=None)
@given(POINTS, st.floats(0.01, 20))
def test_a_stroke_is_one_piece_and_never_empty(points: list[tuple[float, float]], width: float) -> None:
    assert ndimage.label(covered(points, width), np.ones((3, 3)))[1] == 1


@settings(deadline=None)
@given(POINTS, st.floats(0.01, 20))
def test_direction_and_repeated_points_do_not_matter(points: list[tuple[float, float]], width: float) -> None:
    there = covered(points, width)
    assert np.array_equal(there, covered([*points, points[-1]], width))
    back = covered(points[::-1], width)
    assert np.count_nonzero(there != back) <= 2  # a pixel exactly on the rim may fall to either side by rounding


@settings(deadline=None, max_examples=30)  # the reference looks at every pixel
@given(POINTS, st.floats(1.5, 20))
def test_pixels_are_those_near_the_line(points: list[tuple[float, float]], width: float) -> None:
    inside = np.clip(points, 0, (52, 36))
    line = np.concatenate([np.linspace(a, b, 400) for a, b in zip(inside, [*inside[1:], inside[-1]], strict=True)])
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    away = np.sqrt(((np.stack([x, y], -1)[:, :, None] - line) ** 2).sum(-1)).min(-1)
    found = covered(points, width)
    assert not (found & (away > width / 2 + 0.01)).any()
    assert not (~found & (away < width / 2 - 0.01)).any()


def test_a_point_of_width_one_is_its_pixel_and_a_wide_one_a_disc() -> None:
    assert np.argwhere(covered([(10, 20)], 1)).tolist() == [[20, 10]]
    assert covered([(10, 20)], 9).sum() == sum(x * x + y * y <= 20 for x in range(-5, 6) for y in range(-5, 6))


def test_a_stroke_at_the_edge_is_cut_off() -> None:
    assert np.argwhere(covered([(53, 37)], 1)).tolist() == [[36, 52]]
    assert covered([(0, 0)], 4).sum() == 6


def test_long_strokes_take_little_work_however_they_lie() -> None:
    shape = (40_000, 700)
    places = cover_stroke(np.array([[0.0, 0.0], [699.0, 39_999.0]]), 5, shape, "s")
    assert 40_000 * 4 < len(places) < 40_000 * 7


def test_a_stroke_that_would_be_drawn_for_ever_is_refused() -> None:
    points = np.random.default_rng(1).uniform(0, 3_000, (5_000, 2))
    with pytest.raises(LabelsError, match="5,000 points at a width of 2999 pixels"):
        cover_stroke(points, 2_999, (3_000, 3_000), "s")
