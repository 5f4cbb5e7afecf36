import numpy as np
import pytest

from facies.indexer.samples.canvas import compute_grid
from facies.indexer.segmentation.textures import TEXTURES, draw_texture


@pytest.mark.parametrize("name", TEXTURES)
def test_every_texture_has_the_same_mean_and_spread(name: str) -> None:
    drawn = draw_texture(name, np.random.default_rng(3), *compute_grid(120, 200))
    assert drawn.shape == (120, 200)
    assert drawn.dtype == np.float32
    assert abs(float(drawn.mean())) < 0.15
    assert 0.6 < float(drawn.std()) < 1.05
    assert float(np.abs(drawn).max()) <= 2.5


@pytest.mark.parametrize("name", TEXTURES)
def test_a_texture_follows_from_its_seed(name: str) -> None:
    one, same, other = (draw_texture(name, np.random.default_rng(seed), *compute_grid(60, 60)) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("name", ["laminated", "banded"])
def test_bedding_runs_along_the_layers(name: str) -> None:
    level, along = compute_grid(120, 200)
    drawn = draw_texture(name, np.random.default_rng(0), level, along)
    turned = draw_texture(name, np.random.default_rng(0), along, level)
    assert np.abs(np.diff(drawn, axis=0)).mean() > 1.5 * np.abs(np.diff(drawn, axis=1)).mean()
    assert np.abs(np.diff(turned, axis=0)).mean() < np.abs(np.diff(turned, axis=1)).mean()
