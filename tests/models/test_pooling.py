"""Maps become rows, and layers become vectors."""

from __future__ import annotations

import numpy as np
import pytest

from facies.core.errors import ModelError, RecipeError
from facies.models.pooling import join_layers, pool_map, take_layers
from facies.models.recipes import parse_recipe
from facies.models.runtimes.base import Outputs

RNG = np.random.default_rng(5)
MAP = RNG.normal(size=(3, 2, 4, 5, 6)).astype(np.float32)
TOKENS = RNG.normal(size=(3, 2, 1 + 4 + 9, 7)).astype(np.float32)


def test_feature_maps_are_pooled_over_places() -> None:
    pooled = pool_map(MAP, ("mean", "std", "gem"))
    places = MAP.reshape(3, 2, 4, 30).astype(np.float64)
    gem = np.cbrt((np.maximum(places, 1e-6) ** 3).mean(-1))
    expected = np.concatenate([places.mean(-1), places.std(-1), gem], axis=-1)
    assert pooled.dtype == np.float32
    np.testing.assert_allclose(pooled, expected, atol=1e-5)


def test_deviation_of_activations_far_from_zero() -> None:
    far = (RNG.normal(size=(1, 1, 2, 14, 14)) + 20).astype(np.float32)
    expected = far.astype(np.float64).reshape(1, 1, 2, -1).std(-1)
    np.testing.assert_allclose(pool_map(far, ("std",)), expected, rtol=1e-3)


def test_constant_maps_have_no_deviation() -> None:
    assert pool_map(np.full((1, 1, 2, 3, 3), 0.1, np.float32), ("std",)).max() < 1e-3


def test_tokens_are_pooled_without_class_and_registers() -> None:
    pooled = pool_map(TOKENS, ("class", "mean", "std"))
    patches = TOKENS[:, :, 5:].astype(np.float64)
    expected = np.concatenate([TOKENS[:, :, 0], patches.mean(2), patches.std(2)], axis=-1)
    np.testing.assert_allclose(pooled, expected, atol=1e-5)


def test_feature_maps_have_no_class_token() -> None:
    with pytest.raises(RecipeError, match="no class token"):
        pool_map(MAP, ("class",))


def test_layers_are_taken_in_order() -> None:
    outputs = Outputs(np.ones((3, 2, 8), np.float32), {"deep": MAP})
    rows = take_layers(outputs, parse_recipe("output; 100% mean; deep std").layers, ["shallow", "deep"])
    assert [row.shape for row in rows] == [(3, 2, 8), (3, 2, 4), (3, 2, 4)]
    np.testing.assert_array_equal(rows[1], pool_map(MAP, ("mean",)))


def test_the_mean_of_an_images_views_has_unit_length() -> None:
    rows = [RNG.normal(size=(5, 8, k)).astype(np.float32) * scale for k, scale in ((6, 1e-3), (9, 50))]
    joined = join_layers(rows, [1.0, 0.5], "net")
    vectors = joined.mean(axis=1)
    assert joined.shape == (5, 8, 15)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    parts = np.linalg.norm(vectors[:, :6], axis=1) / np.linalg.norm(vectors[:, 6:], axis=1)
    np.testing.assert_allclose(parts, 2, atol=1e-5)


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_a_layer_without_direction_is_an_error(value: float) -> None:
    rows = np.ones((3, 2, 4), np.float32)
    rows[1] = value
    with pytest.raises(ModelError, match="image 1 of 3"):
        join_layers([rows], [1.0], "net")
