"""Pixels to input: any size, the right place, the values that training used."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torchvision import transforms

from facies.core.errors import ConfigurationError, ImageError
from facies.models.preprocess import (
    View,
    central_view,
    common_input_px,
    dihedral_views,
    normalise,
    prepare_batch,
    prepare_image,
    prepare_views,
)
from facies.models.registry import CARDS

sides = st.one_of(st.integers(1, 40), st.integers(200, 600), st.sampled_from([1, 2, 255, 256, 257, 3000]))


@settings(deadline=None, max_examples=30)
@given(height=sides, width=sides, value=st.integers(0, 255))
def test_even_images_of_any_size_stay_even(height: int, width: int, value: int) -> None:
    result = prepare_image(np.full((height, width, 3), value, np.uint8), 256, 224, "bicubic")
    assert result.shape == (3, 224, 224)
    assert result.dtype == torch.uint8
    assert torch.all(result == value)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9000), (9000, 1), (3, 60_000), (6000, 5000)])
def test_extreme_shapes(shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    result = prepare_image(pixels, 256, 224, "bicubic").float()
    assert result.shape == (3, 224, 224)
    if min(shape) > 1000:
        assert abs(result.mean() - 127.5) < 2  # every part of the image counts: antialiased


def test_resize_agrees_with_pillow() -> None:
    y, x = np.mgrid[0:411, 0:517]
    pixels = np.stack([x % 256, y % 256, (x * y) % 256], axis=-1).astype(np.uint8)
    ours = prepare_image(pixels, 256, 256, "bicubic").permute(1, 2, 0).numpy().astype(int)
    pillow = np.asarray(Image.fromarray(pixels).resize((256, 256), Image.Resampling.BICUBIC)).astype(int)
    assert np.abs(ours - pillow).max() <= 2


def test_crop_is_central() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    result = prepare_image(pixels, 256, 224, "bicubic").permute(1, 2, 0).numpy()
    np.testing.assert_array_equal(result, pixels[16:240, 16:240])


def test_views_and_read_only_arrays_are_taken() -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (90, 80, 3), dtype=np.uint8)
    flipped = pixels[::-1, ::-1]
    frozen = flipped.copy()
    frozen.flags.writeable = False
    expected = prepare_image(flipped.copy(), 256, 224, "bicubic")
    for other in (flipped, frozen, np.asfortranarray(flipped)):
        torch.testing.assert_close(prepare_image(other, 256, 224, "bicubic"), expected, atol=0, rtol=0)


def test_input_is_left_as_it_was() -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    before = pixels.copy()
    normalise(prepare_batch([pixels], CARDS["resnet18"]), (0.5,) * 3, (0.5,) * 3)
    np.testing.assert_array_equal(pixels, before)


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_other_arrays_are_refused(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> None:
    with pytest.raises(ImageError, match="expected pixels of shape"):
        prepare_image(pixels, 256, 224, "bicubic")


def test_normalised_values() -> None:
    card = CARDS["resnet18"]
    batch = prepare_batch([np.full((5, 5, 3), 255, np.uint8), np.zeros((5, 5, 3), np.uint8)], card)
    values = normalise(batch, card.mean, card.std)
    assert values.dtype == torch.float32
    assert values.is_contiguous(memory_format=torch.channels_last)
    for channel in range(3):
        white, black = values[:, channel, 0, 0].tolist()
        assert white == pytest.approx((1 - card.mean[channel]) / card.std[channel], abs=1e-6)
        assert black == pytest.approx(-card.mean[channel] / card.std[channel], abs=1e-6)


@settings(deadline=None, max_examples=20)
@given(height=st.integers(1, 400), width=st.integers(1, 400), seed=st.integers(0, 99))
def test_the_single_view_of_a_card_is_the_prepared_image(height: int, width: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    views = prepare_views(pixels, [central_view(CARDS["resnet18"])], "bilinear")
    assert views.dtype == np.uint8
    np.testing.assert_array_equal(views[0], prepare_image(pixels, 256, 224, "bilinear").numpy())


def test_eight_views_turn_and_mirror_one() -> None:
    pixels = np.random.default_rng(4).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    views = dihedral_views(View(64, 48))
    looks = prepare_views(pixels, views, "bicubic")
    assert views[0] == View(64, 48)
    assert len({look.tobytes() for look in looks}) == len(set(views)) == 8
    for turns in range(4):
        turned = np.rot90(looks[0], turns, axes=(1, 2))
        np.testing.assert_array_equal(looks[turns], turned)
        np.testing.assert_array_equal(looks[4 + turns], turned[:, :, ::-1])


def test_turned_pictures_of_even_shape_have_turned_views() -> None:
    """Turning by right angles before the squash or after it is the same, as far as rounding goes.

    The contrast is low, so that bicubic overshoots stay within uint8: cut off between the two passes of the filter,
    they would depend on which of the passes comes first.
    """
    pixels = np.random.default_rng(6).integers(96, 160, (128, 128, 3), dtype=np.uint8)
    after = prepare_views(pixels, [View(64, 48, quarter_turns=1)], "bicubic").astype(int)
    before = prepare_views(np.rot90(pixels), [View(64, 48)], "bicubic").astype(int)
    assert np.abs(after - before).max() <= 1


def test_corners_and_scales() -> None:
    pixels = np.random.default_rng(5).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    views = [View(64, 48, across=0.0, down=0.0), View(64, 48, across=1.0, down=0.0), View(48, 48), View(96, 48)]
    looks = prepare_views(pixels, views, "bicubic")
    np.testing.assert_array_equal(looks[0], pixels[:48, :48].transpose(2, 0, 1))
    np.testing.assert_array_equal(looks[1], pixels[:48, 16:].transpose(2, 0, 1))
    np.testing.assert_array_equal(looks[2], prepare_image(pixels, 48, 48, "bicubic").numpy())
    np.testing.assert_array_equal(looks[3], prepare_image(pixels, 96, 48, "bicubic").numpy())


def test_views_that_go_together_have_one_size() -> None:
    assert common_input_px([View(64, 48), View(96, 48)]) == 48
    for wrong in ([View(64, 48), View(64, 32)], []):
        with pytest.raises(ConfigurationError, match="one input size"):
            common_input_px(wrong)


@settings(deadline=None, max_examples=20)
@given(height=sides, width=sides, seed=st.integers(0, 9), name=st.sampled_from(["efficientnet-lite1", "resnet18"]))
def test_reference_preprocessing_is_the_published_one(height: int, width: int, seed: int, name: str) -> None:
    """torchvision's transforms, as the published protocols have them, within 1e-5 after normalisation."""
    card = CARDS[name]
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    published = transforms.Compose(
        [
            transforms.Resize((card.resize_px, card.resize_px), transforms.InterpolationMode(card.interpolation)),
            transforms.CenterCrop(card.input_px),
            transforms.ToTensor(),
            transforms.Normalize(card.mean, card.std),
        ]
    )
    ours = prepare_views(pixels, [central_view(card)], card.interpolation, "reference")
    normalised = normalise(torch.from_numpy(ours), card.mean, card.std)[0]
    torch.testing.assert_close(normalised, published(Image.fromarray(pixels)), atol=1e-5, rtol=0)


def test_fast_preprocessing_stays_near_the_reference() -> None:
    """On smooth pictures, as photographs are: noise of single pixels is no picture."""
    card = CARDS["efficientnet-lite0"]
    y, x = np.mgrid[0:700, 0:900]
    pixels = np.stack([127 + 127 * np.sin(x / 37 + y / (11 + 5 * c)) for c in range(3)], axis=-1).astype(np.uint8)
    views = [central_view(card)]
    fast, reference = (
        normalise(torch.from_numpy(prepare_views(pixels, views, "bicubic", way)), card.mean, card.std)
        for way in ("fast", "reference")
    )
    assert float((fast - reference).abs().max()) < 0.05
    assert float(torch.nn.functional.cosine_similarity(fast.flatten(), reference.flatten(), dim=0)) > 0.9999
