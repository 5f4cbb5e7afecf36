"""Maps on disk: the same, in bounds, and never believed."""

from __future__ import annotations

import hashlib
import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from facies.models.segmentation.feature_maps import FeatureMaps
from facies.models.segmentation.hypercolumns import Hypercolumns
from facies.models.segmentation.map_cache import MapCache

from .conftest import Opened, noise

PLENTY = 1 << 30
IMAGE = noise(100, 60)
ID = "a" * 64


@pytest.fixture
def hypercolumns(cards: dict[str, Opened]) -> Hypercolumns:
    """Those of the smallest card."""
    return cards["lite0-stem"].hypercolumns(32)


def files(folder: Path) -> list[Path]:
    """The kept maps."""
    return sorted(folder.glob("*.maps"))


def same(first: FeatureMaps, second: FeatureMaps) -> bool:
    """Whether all maps are the same to the last bit."""
    return all(one.tobytes() == other.tobytes() for one, other in zip(first.arrays, second.arrays, strict=True))


def test_what_is_kept_is_what_was_computed(tmp_path: Path, hypercolumns: Hypercolumns) -> None:
    cache, computed = MapCache(tmp_path / "maps", PLENTY), hypercolumns.maps(IMAGE)
    first, second = (cache.maps(ID, IMAGE, hypercolumns) for _ in range(2))
    assert same(first, computed)
    assert same(second, computed)
    assert np.array_equal(second.grid(), computed.grid())
    assert len(files(tmp_path / "maps")) == 1


def test_a_second_time_no_network_runs(
    tmp_path: Path, hypercolumns: Hypercolumns, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = MapCache(tmp_path, PLENTY)
    computed = cache.maps(ID, IMAGE, hypercolumns)
    monkeypatch.setattr(hypercolumns, "run_pass", None)  # a call of it would fail
    assert same(cache.maps(ID, IMAGE, hypercolumns), computed)


def test_images_cards_and_sizes_are_told_apart(tmp_path: Path, cards: dict[str, Opened]) -> None:
    cache = MapCache(tmp_path, PLENTY)
    small, large = (cards[name].hypercolumns() for name in ("lite0-stem", "lite0-stem-3"))
    assert cache.maps(ID, IMAGE, small).channels == 48
    assert cache.maps(ID, IMAGE, large).channels == 112
    other = noise(100, 60, seed=1)
    assert same(cache.maps("b" * 64, other, small), small.maps(other))
    turned = np.ascontiguousarray(IMAGE.transpose(1, 0, 2))
    assert same(cache.maps(ID, turned, small), small.maps(turned))


@pytest.mark.parametrize("place", [0, 40, 400, 5000, -1])
def test_a_byte_that_changed_is_noticed_and_the_file_replaced(
    place: int, tmp_path: Path, hypercolumns: Hypercolumns, caplog: pytest.LogCaptureFixture
) -> None:
    cache = MapCache(tmp_path, PLENTY)
    cache.maps(ID, IMAGE, hypercolumns)
    (path,) = files(tmp_path)
    good = path.read_bytes()
    bad = bytearray(good)
    bad[place] ^= 1
    path.write_bytes(bad)
    with caplog.at_level(logging.WARNING):
        assert same(cache.maps(ID, IMAGE, hypercolumns), hypercolumns.maps(IMAGE))
    assert "is damaged" in caplog.text
    assert path.read_bytes() == good


@pytest.mark.parametrize("size", [0, 1, 300, 4096, -1, 10**6])
def test_a_file_of_another_length_is_replaced(size: int, tmp_path: Path, hypercolumns: Hypercolumns) -> None:
    cache = MapCache(tmp_path, PLENTY)
    cache.maps(ID, IMAGE, hypercolumns)
    (path,) = files(tmp_path)
    good = path.read_bytes()
    os.truncate(path, size if size >= 0 else len(good) - 1)
    assert same(cache.maps(ID, IMAGE, hypercolumns), hypercolumns.maps(IMAGE))
    assert path.read_bytes() == good


def test_the_oldest_used_leave_first_and_the_bound_holds(tmp_path: Path, hypercolumns: Hypercolumns) -> None:
    MapCache(tmp_path, PLENTY).maps("0", IMAGE, hypercolumns)
    (first,) = files(tmp_path)
    size = first.stat().st_size
    cache = MapCache(tmp_path, int(2.5 * size))
    cache.maps("1", IMAGE, hypercolumns)
    (second,) = set(files(tmp_path)) - {first}
    os.utime(first, (1, 1))
    os.utime(second, (2, 2))
    cache.maps("0", IMAGE, hypercolumns)  # now the second is the one not used for longest
    cache.maps("2", IMAGE, hypercolumns)
    assert first.exists()
    assert not second.exists()
    assert len(files(tmp_path)) == 2


def test_maps_larger_than_the_bound_are_given_and_not_kept(tmp_path: Path, hypercolumns: Hypercolumns) -> None:
    assert same(MapCache(tmp_path, 1000).maps(ID, IMAGE, hypercolumns), hypercolumns.maps(IMAGE))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_costs_time_alone(
    tmp_path: Path, hypercolumns: Hypercolumns, caplog: pytest.LogCaptureFixture
) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file where the folder would be")
    with caplog.at_level(logging.WARNING):
        assert same(MapCache(taken, PLENTY).maps(ID, IMAGE, hypercolumns), hypercolumns.maps(IMAGE))
    assert "maps are not kept" in caplog.text


def test_a_pass_that_fails_leaves_no_file(
    tmp_path: Path, hypercolumns: Hypercolumns, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, done = hypercolumns.run_pass, []

    def interrupted(*arguments: object) -> object:
        done.append(1)
        if len(done) == 2:
            raise KeyboardInterrupt
        return real(*arguments)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(hypercolumns, "run_pass", interrupted)
    with pytest.raises(KeyboardInterrupt):
        MapCache(tmp_path, PLENTY).maps(ID, IMAGE, hypercolumns)
    assert list(tmp_path.iterdir()) == []


def test_what_a_kill_left_is_swept_when_it_is_old(tmp_path: Path, hypercolumns: Hypercolumns) -> None:
    old, young = tmp_path / ".part-1-0-0", tmp_path / ".part-2-0-0"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    MapCache(tmp_path, PLENTY).maps(ID, IMAGE, hypercolumns)
    assert not old.exists()
    assert young.exists()


def test_threads_that_want_the_same_get_the_same(tmp_path: Path, hypercolumns: Hypercolumns) -> None:
    wanted = {str(seed): noise(64, 48, seed) for seed in range(3)}
    right: list[bool] = []

    def work() -> None:
        cache = MapCache(tmp_path, 120_000)  # room for two: files leave while others read them
        for name, image in [*wanted.items()] * 3:
            right.append(same(cache.maps(name, image, hypercolumns), hypercolumns.maps(image)))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert right == [True] * 36
    assert sum(path.stat().st_size for path in files(tmp_path)) <= 120_000


def test_another_process_reads_what_this_one_kept(tmp_path: Path, hypercolumns: Hypercolumns) -> None:
    kept = MapCache(tmp_path / "maps", PLENTY).maps(ID, IMAGE, hypercolumns)
    program = (
        "import hashlib, sys, numpy as np\n"
        "from pathlib import Path\n"
        "from facies.models.segmentation.hypercolumns import Hypercolumns, open_hypercolumns\n"
        "from facies.models.segmentation.map_cache import MapCache\n"
        "opened = open_hypercolumns('lite0-stem', weights_dir=Path(sys.argv[1]) / 'weights', offline=True)\n"
        "opened.run_pass = None\n"
        "image = np.load(Path(sys.argv[1]) / 'image.npy')\n"
        "maps = MapCache(Path(sys.argv[1]) / 'maps', 1 << 30).maps('a' * 64, image, opened)\n"
        "print(hashlib.sha256(maps.grid().tobytes()).hexdigest())\n"
    )
    np.save(tmp_path / "image.npy", IMAGE)
    other = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == hashlib.sha256(kept.grid().tobytes()).hexdigest()
