"""Crops that a network is trained on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facies.core.errors import FinetuningError, MaskSizeError
from facies.models.segmentation.training_crops import IGNORED, CropSource, MaskedPixels


def _coded(name: str, height: int, width: int, number: int = 0) -> MaskedPixels:
    """Each pixel says where it is, and its class follows from that."""
    rows, columns = np.mgrid[0:height, 0:width]
    image = np.stack([rows, columns, np.full_like(rows, number)], axis=2).astype(np.uint8)
    return MaskedPixels(name, image, ((rows + columns) % 3).astype(np.uint8))


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 3))
def test_crops_hold_image_and_mask_pixel_on_pixel(height: int, width: int, seed: int) -> None:
    one = _coded("a", height, width)
    tiles, indices = CropSource([one], 32, seed=seed).draw(6)
    assert tiles.shape == (6, 32, 32, 3)
    known = indices != IGNORED
    assert known.any()
    rows, columns = tiles[..., 0][known].astype(int), tiles[..., 1][known].astype(int)
    np.testing.assert_array_equal(indices[known], one.indices[rows, columns])
    if height >= 32 and width >= 32:
        assert known.all()


def test_the_same_seed_draws_the_same_crops() -> None:
    first, again, other = (CropSource([_coded("a", 90, 80)], 32, seed=s).draw(4)[0] for s in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_crops_are_laid_in_all_eight_ways() -> None:
    tiles, _ = CropSource([_coded("a", 32, 32)], 32).draw(200)
    assert len({tile.tobytes() for tile in tiles}) == 8


def test_a_rare_class_is_seen_as_often_as_the_others() -> None:
    images = [_coded(str(number), 64, 64, number) for number in range(9)]
    blank = [MaskedPixels(one.name, one.image, np.zeros((64, 64), np.uint8)) for one in images]
    blank[7].indices[60:62, 3:5] = 2
    source = CropSource(blank, 32, seed=1)
    assert source.classes == (0, 2)
    _, indices = source.draw(200)
    seen = (indices == 2).any(axis=(1, 2)).mean()
    assert 0.2 < seen < 0.35  # half of those around a class, and few of those drawn anywhere


def test_unlabelled_masks_are_refused() -> None:
    one = MaskedPixels("a", np.zeros((8, 8, 3), np.uint8), np.full((8, 8), IGNORED, np.uint8))
    with pytest.raises(FinetuningError, match="without any labelled pixel"):
        CropSource([one], 32)


def test_a_mask_of_another_size_is_refused_by_name() -> None:
    with pytest.raises(MaskSizeError, match="the mask of slide 3"):
        MaskedPixels("slide 3", np.zeros((8, 8, 3), np.uint8), np.zeros((8, 7), np.uint8))
