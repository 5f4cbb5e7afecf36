import numpy as np
import pytest

from facies.indexer.segmentation.generated_strokes import draw_strokes_in
from facies.indexer.segmentation.stroke_drawing import cover_stroke


def bands() -> np.ndarray:
    indices = np.zeros((400, 300), int)
    indices[100:160] = 1
    indices[240:300] = 1
    return indices


@pytest.mark.parametrize("seed", range(5))
def test_strokes_lie_inside_their_class_and_never_touch_each_other(seed: int) -> None:
    indices = bands()
    strokes = draw_strokes_in(np.random.default_rng(seed), indices, ["a", "b"], per_class=5)
    assert [one.word for one in strokes] == ["a"] * 5 + ["b"] * 5
    assert [one.id for one in strokes] == list(range(10))
    taken = np.zeros(indices.shape, bool)
    for one in strokes:
        places = cover_stroke(one.points, one.width, (400, 300), "s")
        assert set(indices.flat[places]) == {0 if one.word == "a" else 1}
        grown = cover_stroke(one.points, one.width + 4, (400, 300), "s")
        assert not taken.flat[grown].any()
        taken.flat[places] = True


def test_strokes_are_spread_over_the_patches_of_their_class() -> None:
    strokes = draw_strokes_in(np.random.default_rng(0), bands(), ["a", "b"], per_class=2)
    assert {bool(one.points[:, 1].mean() < 200) for one in strokes if one.word == "b"} == {True, False}


def test_where_no_place_is_left_there_are_fewer_strokes() -> None:
    indices = np.zeros((60, 60), int)
    indices[::8] = 1
    strokes = draw_strokes_in(np.random.default_rng(0), indices, [0, 1], per_class=3)
    assert strokes == ()
