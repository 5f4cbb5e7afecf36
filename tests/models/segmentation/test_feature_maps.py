"""Features between the places of maps: where places lie, and one answer for pixels and for the grid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facies.core.errors import SegmentationError
from facies.models.segmentation.cards import CARDS, LayerGeometry
from facies.models.segmentation.feature_maps import FeatureMaps

GEOMETRIES = [card.geometry for card in CARDS.values()]


def drawn(geometry: tuple[LayerGeometry, ...], height: int, width: int, seed: int = 0) -> FeatureMaps:
    """Maps of random values for an image of some size."""
    rng, step = np.random.default_rng(seed), max(layer.stride for layer in geometry)
    down, across = (-(-side // step) * step for side in (height, width))
    arrays = tuple(
        rng.normal(size=(down // one.stride, across // one.stride, 3)).astype(np.float16).transpose(2, 0, 1)
        for one in geometry
    )
    return FeatureMaps(arrays, geometry, (0,) * len(arrays), 0, height, width)


def ramps(geometry: tuple[LayerGeometry, ...], height: int, width: int) -> FeatureMaps:
    """Maps whose two features are the pixel row and the pixel column of each place."""
    plain = drawn(geometry, height, width)
    arrays = tuple(
        np.stack(
            np.meshgrid(
                *(layer.stride * np.arange(n, dtype=np.float32) + layer.origin for n in array.shape[1:]), indexing="ij"
            )
        )
        for layer, array in zip(geometry, plain.arrays, strict=True)
    )
    return FeatureMaps(arrays, geometry, plain.first_rows, 0, height, width)


sizes = st.integers(1, 70)
geometries = st.sampled_from(GEOMETRIES)


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_features_follow_a_slope_exactly(geometry: tuple[LayerGeometry, ...]) -> None:
    maps = ramps(geometry, 96, 80)
    rows, columns = np.mgrid[8:80, 8:64].reshape(2, -1)
    features = maps.features_at(rows, columns)
    for layer in range(len(geometry)):
        np.testing.assert_allclose(features[:, 2 * layer], rows, atol=1e-4)
        np.testing.assert_allclose(features[:, 2 * layer + 1], columns, atol=1e-4)


@given(geometries, sizes, sizes)
def test_the_grid_holds_what_its_pixels_have(geometry: tuple[LayerGeometry, ...], height: int, width: int) -> None:
    maps = drawn(geometry, height, width)
    grid = maps.grid()
    assert grid.shape == (*maps.grid_shape, maps.channels)
    assert maps.grid_shape == (-(-height // maps.stride), -(-width // maps.stride))
    rows, columns = (maps.stride * np.arange(count) + maps.grid_origin for count in maps.grid_shape)
    down, across = (n for n in np.meshgrid(rows, columns, indexing="ij"))
    inside = (down <= height - 1) & (across <= width - 1)
    assert np.array_equal(maps.features_at(down[inside], across[inside]), grid[inside])


@given(geometries, sizes, sizes, st.integers(1, 9))
def test_tiles_hold_what_the_whole_does(
    geometry: tuple[LayerGeometry, ...], height: int, width: int, steps: int
) -> None:
    maps = drawn(geometry, height, width)
    tiles = list(maps.tiles(steps * max(maps.strides)))
    assert np.array_equal(np.concatenate([tile.grid() for tile in tiles]), maps.grid())
    assert [tile.top for tile in tiles] == [0, *(tile.bottom for tile in tiles[:-1])]
    assert tiles[-1].bottom == height
    columns = np.linspace(0, width - 1, 5)
    for tile in tiles:
        for row in {tile.top, tile.bottom - 1, (tile.top + tile.bottom - 1) / 2}:
            at = np.full(5, row)
            assert np.array_equal(tile.features_at(at, columns), maps.features_at(at, columns))


@given(geometries, sizes, sizes, st.data())
def test_rows_of_the_grid_are_cut_from_it(
    geometry: tuple[LayerGeometry, ...], height: int, width: int, data: st.DataObject
) -> None:
    maps = drawn(geometry, height, width)
    start = data.draw(st.integers(0, maps.grid_shape[0]))
    stop = data.draw(st.integers(start, maps.grid_shape[0]))
    assert np.array_equal(maps.grid(start, stop), maps.grid()[start:stop])


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_the_grids_of_the_layers_make_up_the_grid(geometry: tuple[LayerGeometry, ...]) -> None:
    maps = drawn(geometry, 61, 43)
    parts = [maps.layer_grid(number, array, 3, 20) for number, array in enumerate(maps.arrays)]
    assert np.array_equal(np.concatenate(parts, axis=-1), maps.grid(3, 20))


def test_sums_of_channels_may_be_taken_before_the_grid() -> None:
    maps = drawn(GEOMETRIES[0], 64, 48)
    weights = np.random.default_rng(3).normal(size=(2, 3)).astype(np.float32)
    folded = np.einsum("kc,chw->khw", weights, maps.arrays[3].astype(np.float32))
    np.testing.assert_allclose(
        maps.layer_grid(3, folded), maps.layer_grid(3, maps.arrays[3]) @ weights.T, rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("row", [-1, -0.01, 10, 9.5, np.nan])
def test_a_pixel_outside_is_refused(row: float) -> None:
    maps = drawn(GEOMETRIES[0], 10, 20)
    with pytest.raises(SegmentationError, match="every row from 0 to 9, got 1 outside"):
        maps.features_at([0, row], [0, 0])
    with pytest.raises(SegmentationError, match="every column from 0 to 19"):
        maps.features_at([0, 0], [0, row + 10 if row > 0 else row])


def test_lists_that_do_not_belong_together_are_refused() -> None:
    maps = drawn(GEOMETRIES[0], 10, 20)
    with pytest.raises(SegmentationError, match="one shape"):
        maps.features_at([0, 1], [0])
    with pytest.raises(SegmentationError, match="within 0 to 5, got 2 to 6"):
        maps.grid(2, 6)
    with pytest.raises(SegmentationError, match="multiple of 8 pixel rows, got 12"):
        list(maps.tiles(12))
    with pytest.raises(SegmentationError, match="as of layer 0"):
        maps.layer_grid(0, maps.arrays[3])
