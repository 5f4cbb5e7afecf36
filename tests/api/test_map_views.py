from __future__ import annotations

import threading
import uuid
from functools import partial

import numpy as np

from facies.api.map_columns import NOT_THERE
from facies.api.map_views import Kept, MapView
from facies.core.maps import MapPoints, pack_ids


def view_of(ids: list[str]) -> MapView:
    return MapView(MapPoints(pack_ids(ids), np.arange(2 * len(ids), dtype=np.float32).reshape(-1, 2)))


def test_each_point_finds_its_image() -> None:
    drawn = np.random.default_rng(0)
    ids = sorted(str(uuid.UUID(bytes=drawn.bytes(16))) for _ in range(300))
    ids += ["ffffffff-ffff-ffff-ffff-ffffffffff00"]  # ends with a zero byte
    on_map = [ids[at] for at in drawn.permutation(301)[:200]] + ["ffffffff-ffff-ffff-ffff-ffffffffff01"]
    found = view_of(on_map).rows_of(ids)
    assert found.tolist() == [*(ids.index(one) for one in on_map[:-1]), NOT_THERE]


def test_ids_that_begin_alike_are_told_apart() -> None:
    ids = [f"00000000-0000-4000-8000-{number:012x}" for number in range(0, 90, 3)]
    on_map = [ids[7], "00000000-0000-4000-8000-000000000001", ids[0]]
    assert view_of(on_map).rows_of(ids).tolist() == [7, NOT_THERE, 0]


def test_the_rows_of_the_same_images_are_found_once() -> None:
    ids = sorted(str(uuid.UUID(int=number << 64)) for number in range(5))
    view = view_of(ids[::-1])
    found = view.rows_of(ids)
    assert view.rows_of(list(ids)) is found
    assert view.rows_of(ids[:-1]).tolist() == [NOT_THERE, 3, 2, 1, 0]


def test_of_an_empty_collection_all_points_are_gone() -> None:
    assert view_of([str(uuid.uuid4())]).rows_of([]).tolist() == [NOT_THERE]


def test_positions_are_packed_as_they_are_sent() -> None:
    view = view_of([str(uuid.uuid4()), str(uuid.uuid4())])
    assert np.frombuffer(view.packed, dtype="<f4").tolist() == [0, 1, 2, 3]


def test_what_was_used_last_is_kept() -> None:
    kept, made = Kept[str](2), list[str]()

    def make(name: str) -> str:
        made.append(name)
        return name

    for name in ("a", "b", "a", "c", "a", "b"):
        assert kept.get(name, partial(make, name)) == name
    assert made == ["a", "b", "c", "b"]


def test_several_threads_may_ask_at_once() -> None:
    kept = Kept[int](3)
    threads = [threading.Thread(target=lambda: [kept.get(n % 5, lambda: 1) for n in range(2000)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert kept.get(0, lambda: 1) == 1
