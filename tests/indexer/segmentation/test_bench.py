"""Maps from the disk and from the network are the same maps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facies.core.errors import JobCancelledError, UnknownCardError
from facies.core.settings import SegmentationSettings, Settings
from facies.indexer.segmentation.bench import Bench
from facies.indexer.segmentation.pictures import Picture, read_picture

CARD = "lite0-stem-3"


@pytest.fixture
def picture(core_folder: Path, bench: Bench) -> Picture:
    return read_picture(core_folder / "image.png", bench.limits)


def bench_without_room(folder: Path) -> Bench:
    return Bench(Settings(data_dir=folder, segmentation=SegmentationSettings(maps_bytes=0)))


def kept_files(folder: Path) -> list[Path]:
    return sorted((folder / "maps").glob("*.maps")) if (folder / "maps").is_dir() else []


def test_features_are_the_same_kept_found_and_never_kept(tmp_path: Path, picture: Picture) -> None:
    rng = np.random.default_rng(1)
    height, width = picture.shape
    rows, columns = rng.integers(0, height, 300), rng.integers(0, width, 300)
    keeps = Bench(Settings(data_dir=tmp_path / "a"))
    first = keeps.features_at(picture, CARD, rows, columns)
    assert len(kept_files(tmp_path / "a")) == 1
    assert np.array_equal(first, keeps.features_at(picture, CARD, rows, columns))
    assert np.array_equal(first, bench_without_room(tmp_path / "b").features_at(picture, CARD, rows, columns))
    assert kept_files(tmp_path / "b") == []


def test_bands_of_maps_are_the_same_from_disk_and_from_the_network(tmp_path: Path, picture: Picture) -> None:
    keeps, keeps_not = Bench(Settings(data_dir=tmp_path / "a")), bench_without_room(tmp_path / "b")
    keeps.features_at(picture, CARD, np.array([0]), np.array([0]))
    kept = np.concatenate([tile.grid() for tile in keeps.tiles(picture, CARD)])
    made = np.concatenate([tile.grid() for tile in keeps_not.tiles(picture, CARD)])
    assert np.array_equal(kept, made)


def test_a_card_is_opened_once(bench: Bench) -> None:
    assert bench.hypercolumns(CARD) is bench.hypercolumns(CARD)
    with pytest.raises(UnknownCardError, match="lite0-stem-3"):
        bench.hypercolumns("lite0-stem-4")


@pytest.mark.parametrize("maps_bytes", [0, 2**30])
def test_whoever_wants_to_break_off_is_asked_while_maps_are_made(
    tmp_path: Path, picture: Picture, maps_bytes: int
) -> None:
    def refuse() -> None:
        raise JobCancelledError("0123456789ab")

    settings = Settings(data_dir=tmp_path / "a", segmentation=SegmentationSettings(maps_bytes=maps_bytes))
    bench = Bench(settings, refuse)
    for make in (
        lambda: bench.features_at(picture, CARD, np.array([0]), np.array([0])),
        lambda: next(bench.tiles(picture, CARD)),
    ):
        with pytest.raises(JobCancelledError):
            make()
    assert kept_files(tmp_path / "a") == []
