"""Maps of whole images and of tiles are the same to the last bit, at all sizes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from facies.core.errors import ImageError, ModelError, SegmentationError, UnknownCardError, WeightsNotFoundError
from facies.core.images import RgbImage
from facies.models.segmentation.cards import CARDS
from facies.models.segmentation.feature_maps import FeatureMaps
from facies.models.segmentation.hypercolumns import Hypercolumns, open_hypercolumns

from .conftest import Opened, noise

WHOLE = 1 << 20
"""Pass rows that no image here has: the network runs over all of it in one go."""
few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def _threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def same(first: FeatureMaps, second: FeatureMaps) -> bool:
    """Whether maps are of one extent and the same to the last bit."""
    return (first.top, first.height, first.width, first.first_rows) == (
        second.top,
        second.height,
        second.width,
        second.first_rows,
    ) and all(one.tobytes() == other.tobytes() for one, other in zip(first.arrays, second.arrays, strict=True))


@pytest.mark.usefixtures("_threads")
@pytest.mark.parametrize("name", CARDS)
@few
@given(
    height=st.integers(1, 150),
    width=st.integers(1, 90),
    pass_steps=st.integers(1, 12),
    tile_steps=st.integers(1, 16),
    threads=st.integers(1, 2),
)
@example(height=1, width=1, pass_steps=1, tile_steps=1, threads=1)
@example(height=129, width=8, pass_steps=1, tile_steps=8, threads=2)
@example(height=127, width=369, pass_steps=2, tile_steps=4, threads=1)
@example(height=640, width=16, pass_steps=5, tile_steps=3, threads=1)
@example(height=640, width=5, pass_steps=1, tile_steps=40, threads=2)
def test_tiles_are_the_whole_image_to_the_last_bit(
    name: str, cards: dict[str, Opened], *, height: int, width: int, pass_steps: int, tile_steps: int, threads: int
) -> None:
    step = cards[name].card.coarsest_stride
    image = noise(height, width)
    torch.set_num_threads(2)
    whole = cards[name].hypercolumns(WHOLE).maps(image)
    torch.set_num_threads(threads)
    hypercolumns = cards[name].hypercolumns(pass_steps * step)
    assert same(hypercolumns.maps(image), whole)
    wanted = list(whole.tiles(tile_steps * step))
    tiles = list(hypercolumns.tiles(image, tile_steps * step))
    assert len(tiles) == len(wanted)
    assert all(same(*both) for both in zip(tiles, wanted, strict=True))
    assert np.array_equal(np.concatenate([tile.grid() for tile in tiles]), whole.grid())


@pytest.mark.parametrize("name", CARDS)
@pytest.mark.parametrize("height", [255, 256, 257, 511, 513])
def test_an_image_of_about_one_tile_is_the_same(name: str, height: int, cards: dict[str, Opened]) -> None:
    image = noise(height, 33)
    whole = cards[name].hypercolumns(WHOLE).maps(image)
    tiles = list(cards[name].hypercolumns().tiles(image))
    assert all(same(*both) for both in zip(tiles, whole.tiles(), strict=True))


def test_a_photograph_of_a_core_is_the_same(core: RgbImage, default: Opened) -> None:
    whole = default.hypercolumns(WHOLE).maps(core)
    assert same(default.hypercolumns().maps(core), whole)
    assert all(same(*both) for both in zip(default.hypercolumns().tiles(core, 104), whole.tiles(104), strict=True))


@pytest.fixture
def core(test_data: object) -> RgbImage:
    """A generated core photograph, 2693 x 369."""
    folder: Path = test_data("core-fixed")  # type: ignore[operator]  # the fixture gives a function
    return np.asarray(Image.open(folder / "image.png").convert("RGB"))


class Counting:
    """A network that counts its passes."""

    def __init__(self, opened: Opened) -> None:
        self.preprocessing = opened.network.preprocessing
        self.passes = 0
        self._network = opened.network

    def run(self, pixels: RgbImage) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.float16]], ...]:
        """Run the real network."""
        self.passes += 1
        return self._network.run(pixels)


def counted(opened: Opened, pass_rows: int) -> tuple[Hypercolumns, Counting]:
    """Hypercolumns, and what counts their passes."""
    network = Counting(opened)
    return Hypercolumns(opened.card, network, opened.weights, pass_rows=pass_rows), network  # type: ignore[arg-type]  # it runs as MapNetwork does


def test_tiles_without_wanted_rows_cost_nothing(default: Opened) -> None:
    image = noise(400, 40)
    hypercolumns, network = counted(default, 16)
    every = {tile.top: tile for tile in default.hypercolumns().tiles(image, 16)}
    tiles = list(hypercolumns.tiles(image, 16, only_rows=[[35, 36], [399, 40]]))
    assert [tile.top for tile in tiles] == [32, 384]
    assert all(same(tile, every[tile.top]) for tile in tiles)
    assert network.passes <= 6  # a tile needs places of the passes above and below its own
    assert list(hypercolumns.tiles(image, 16, only_rows=[])) == []


@pytest.mark.parametrize("tile_rows", [8, 64, 400])
def test_each_pass_runs_once_however_tiles_are_cut(tile_rows: int, default: Opened) -> None:
    hypercolumns, network = counted(default, 64)
    tiles = [tile.grid_shape[0] for tile in hypercolumns.tiles(noise(400, 24), tile_rows)]
    assert (network.passes, sum(tiles)) == (7, 200)


def test_the_fingerprint_says_layers_and_weights_and_not_the_passes(cards: dict[str, Opened]) -> None:
    prints = {opened.hypercolumns().fingerprint for opened in cards.values()}
    assert len(prints) == len(cards)
    opened = cards["lite0-stem"]
    assert opened.hypercolumns(8).fingerprint == opened.hypercolumns().fingerprint
    assert opened.weights.sha256 in opened.hypercolumns().fingerprint


def test_a_card_opens_by_name_with_the_installed_weights(tmp_path: Path, cards: dict[str, Opened]) -> None:
    hypercolumns = open_hypercolumns("efficientnet-lite0@bn1+blocks.0", weights_dir=tmp_path, offline=True)
    known = cards["lite0-stem"].hypercolumns()
    image = noise(40, 30)
    assert hypercolumns.fingerprint == known.fingerprint
    assert same(hypercolumns.maps(image), known.maps(image))


def test_weights_are_never_made_up(tmp_path: Path) -> None:
    with pytest.raises(WeightsNotFoundError, match="vgg16"):
        open_hypercolumns("vgg16-pool1-pool2", weights_dir=tmp_path, offline=True)
    with pytest.raises(UnknownCardError, match="lite0-stem-3"):
        open_hypercolumns("lite0", weights_dir=tmp_path, offline=True)


def test_values_that_half_precision_cannot_hold_are_refused(default: Opened) -> None:
    class Loud(Counting):
        def run(self, pixels: RgbImage) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.float16]], ...]:
            with np.errstate(over="ignore"):
                return tuple(array * np.float16(60000) for array in super().run(pixels))

    hypercolumns = Hypercolumns(default.card, Loud(default), default.weights)  # type: ignore[arg-type]  # runs as MapNetwork does
    with pytest.raises(ModelError, match="no finite numbers of half precision"):
        hypercolumns.maps(noise(16, 16))


@pytest.mark.parametrize("shape", [(0, 4, 3), (4, 4), (4, 4, 4)])
def test_what_is_no_image_is_refused_at_once(shape: tuple[int, ...], default: Opened) -> None:
    pixels = np.zeros(shape, dtype=np.uint8)
    for make in (default.hypercolumns().maps, default.hypercolumns().tiles):
        with pytest.raises(ImageError, match="height, width, 3"):
            make(pixels)


def test_tiles_that_cut_through_places_are_refused(default: Opened) -> None:
    with pytest.raises(SegmentationError, match="multiple of 8"):
        default.hypercolumns().tiles(noise(8, 8), 12)
    with pytest.raises(SegmentationError, match="multiple of 8"):
        default.hypercolumns(pass_rows=4)
