from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from facies.core.catalog import Catalog, map_rows, open_catalog
from facies.core.errors import CollectionNotFoundError, MapNotFoundError
from facies.core.maps import MapFacts, MapPoints, pack_ids, unpack_ids
from facies.core.records import Label, LabelBatch, VectorRecord
from tests.core.catalog.conftest import MakeRecord

FACTS = MapFacts("lite0", "ab" * 32, "umap", 5, None, 0.93, {"seed": 7, "min_dist": 0.1})


def points(count: int, seed: int = 0) -> MapPoints:
    drawn = np.random.default_rng(seed)
    ids = [str(uuid.UUID(bytes=drawn.bytes(16))) for _ in range(count)]
    return MapPoints(pack_ids(ids), drawn.standard_normal((count, 2)).astype(np.float32))


def same(one: MapPoints, other: MapPoints) -> bool:
    return one.ids.tobytes() == other.ids.tobytes() and np.array_equal(one.positions, other.positions)


def test_a_map_is_read_as_it_was_stored(catalog: Catalog, any_url: str) -> None:
    before = datetime.now(UTC)
    made = catalog.add_map("microfossils", FACTS, points(5))
    assert (made.facts, made.points, made.parts) == (FACTS, 5, 1)
    assert before <= made.created_at <= before + timedelta(minutes=1)
    again = open_catalog(any_url)
    assert again.maps("microfossils") == [made]
    assert same(again.map_points("microfossils", made.number), points(5))
    again.close()


def test_points_come_in_parts_and_those_before_stay(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_rows, "PART_POINTS", 3)  # so that each addition takes several rows
    made = catalog.add_map("microfossils", FACTS, points(5))
    more = catalog.add_map_points("microfossils", made.number, points(4, seed=1))
    assert (more.points, more.parts) == (9, 2)
    assert catalog.add_map_points("microfossils", made.number, points(0)) == more
    assert same(catalog.map_points("microfossils", made.number, parts=1), points(5))
    both = catalog.map_points("microfossils", made.number)
    assert unpack_ids(both.ids) == unpack_ids(points(5).ids) + unpack_ids(points(4, seed=1).ids)
    assert np.array_equal(both.positions[5:], points(4, seed=1).positions)


def test_the_newest_map_comes_first_and_one_may_take_the_place_of_others(catalog: Catalog) -> None:
    first, second = (catalog.add_map("microfossils", FACTS, points(2)) for _ in range(2))
    assert [one.number for one in catalog.maps("microfossils")] == [second.number, first.number]
    third = catalog.add_map("microfossils", FACTS, points(3), instead_of=[first.number, 99])
    assert [one.number for one in catalog.maps("microfossils")] == [third.number, second.number]
    catalog.delete_map("microfossils", third.number)
    fourth = catalog.add_map("microfossils", FACTS, points(1))
    assert fourth.number > third.number  # an old address never shows another map
    with pytest.raises(MapNotFoundError, match=f"no map {third.number}"):
        catalog.map_points("microfossils", third.number)


def test_maps_belong_to_their_collection(catalog: Catalog, vector: VectorRecord) -> None:
    catalog.create_collection("figures", "figures", [vector])
    made = catalog.add_map("microfossils", FACTS, points(2))
    assert catalog.maps("figures") == []
    for ask in (catalog.map, catalog.map_points, catalog.delete_map):
        with pytest.raises(MapNotFoundError):
            ask("figures", made.number)
        with pytest.raises(CollectionNotFoundError):
            ask("nothing", made.number)
    with pytest.raises(MapNotFoundError):
        catalog.add_map_points("figures", made.number, points(1))
    with pytest.raises(CollectionNotFoundError):
        catalog.add_map("nothing", FACTS, points(2))
    catalog.delete_collection("microfossils")
    assert catalog.collections()[0].name == "figures"


def test_labels_and_fields_of_all_images_are_read_in_order_of_id(catalog: Catalog, make_record: MakeRecord) -> None:
    records = [make_record(n, metadata={"depth_m": n * 1.5} if n % 2 else {}) for n in range(6)]
    catalog.add_images("microfossils", records, actor="test")
    named = sorted(record.id for record in records)[:2]
    given = {named[0]: Label("cyst", "validated"), named[1]: Label("spore", "predicted")}
    catalog.label_images("microfossils", given, LabelBatch("person", "ada"))
    rows = catalog.label_rows("microfossils")
    assert rows.ids == sorted(record.id for record in records)
    assert rows.labels == ["cyst", "spore", None, None, None, None]
    assert rows.states == ["validated", "predicted", None, None, None, None]
    ids, values = catalog.metadata_values("microfossils", "depth_m")
    assert ids == rows.ids
    assert dict(zip(ids, values, strict=True)) == {one.id: one.metadata.get("depth_m") for one in records}
    with pytest.raises(CollectionNotFoundError):
        catalog.label_rows("nothing")


def test_the_labels_of_a_large_collection_are_the_same_and_its_own(
    catalog: Catalog, make_record: MakeRecord, vector: VectorRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog.create_collection("figures", "figures", [vector])
    catalog.add_images("figures", [make_record(n) for n in range(20, 24)], actor="test")
    catalog.add_images("microfossils", [make_record(n) for n in range(9)], actor="test")
    named = sorted(one.id for one in (make_record(n) for n in range(9)))
    given = {
        named[0]: Label("cyst", "validated"),
        named[4]: Label("spore", "predicted"),
        named[7]: Label("cyst", "dubious"),
    }
    catalog.label_images("microfossils", given, LabelBatch("person", "ada"))
    few = catalog.label_rows("microfossils")
    monkeypatch.setattr("facies.core.catalog.images.SCANNED_ABOVE", 5)
    assert catalog.label_rows("microfossils") == few
    assert len(few.ids) == 9


def test_a_collection_without_images_has_no_rows(catalog: Catalog) -> None:
    rows = catalog.label_rows("microfossils")
    assert (rows.ids, rows.labels, rows.states) == ([], [], [])
