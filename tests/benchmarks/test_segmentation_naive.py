"""The naive recipe does what it says: maps brought to the pixels, a forest that learns from the labelled ones alone."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.embedding import weights_of
from benchmarks.segmentation_naive import STAGES, NaiveNetwork, name_pixels

CHANNELS = {"vgg16-pool1-pool2": 192, "lite0-stem-3": 112}


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, NaiveNetwork]:
    folder = tmp_path_factory.mktemp("weights")
    return {card: NaiveNetwork(card, weights_of(backbone, folder)) for card, (backbone, _) in STAGES.items()}


@pytest.mark.parametrize("card", STAGES)
def test_the_cube_has_every_pixel_and_every_channel(card: str, networks: dict[str, NaiveNetwork]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (37, 52, 3), np.uint8)
    cube = networks[card].cube(image)
    assert cube.shape == (37, 52, CHANNELS[card])
    assert cube.dtype == np.float32
    assert np.isfinite(cube).all()
    assert (cube.reshape(-1, cube.shape[-1]).std(0) > 0).mean() > 0.8  # maps, not constants


def test_the_cube_moves_with_the_image(networks: dict[str, NaiveNetwork]) -> None:
    network = networks["vgg16-pool1-pool2"]
    image = np.random.default_rng(1).integers(0, 256, (96, 64, 3), np.uint8)
    cube, moved = network.cube(image), network.cube(image[16:])
    np.testing.assert_allclose(moved[24:56], cube[40:72], atol=1e-4)  # 16 is a multiple of its stride


def test_pixels_are_named_by_the_labelled_ones() -> None:
    rng = np.random.default_rng(2)
    truth = np.zeros((40, 50), np.uint8)
    truth[20:] = 7
    cube = rng.normal(size=(40, 50, 6)).astype(np.float32)
    cube[..., 3] += 8 * (truth == 7)
    labels = np.full_like(truth, 255)
    labels[::5, ::7] = truth[::5, ::7]
    named = name_pixels(cube, labels, 255)
    assert named.dtype == np.uint8
    assert (named == truth).mean() > 0.99
