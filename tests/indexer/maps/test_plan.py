from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from facies.core.maps import MapFacts, MapRecord
from facies.core.records import Fingerprint, VectorRecord
from facies.indexer.maps.plan import MapAction, MapOptions, choose_action, find_layout, superseded

MADE_BY = Fingerprint("lite0", "00", "crop", "one view", "torch", "f32")
VECTOR = VectorRecord("lite0", 8, MADE_BY)
FACTS = MapFacts("lite0", MADE_BY.digest, "umap", 100, parameters={"images": 100})
MAP = MapRecord(4, "c", FACTS, 100, 1, datetime(2026, 1, 1, tzinfo=UTC))


def other(number: int, facts: MapFacts = FACTS) -> MapRecord:
    return replace(MAP, number=number, facts=facts)


def test_the_layout_is_the_newest_by_umap_of_the_vector_as_it_is_made_now() -> None:
    assert find_layout([], VECTOR) is None
    assert (
        find_layout(
            [other(6, replace(FACTS, method="pca")), other(5, replace(FACTS, digest="gone")), MAP, other(3)], VECTOR
        )
        == MAP
    )
    assert find_layout([other(5, replace(FACTS, vector="another"))], VECTOR) is None


@pytest.mark.parametrize(
    ("action", "layout", "new", "expected"),
    [
        ("auto", None, 0, "fit"),
        ("auto", MAP, 0, "nothing"),
        ("auto", MAP, 11, "place"),  # 11 of 111
        ("auto", MAP, 12, "fit"),  # 12 of 112
        ("auto", replace(MAP, points=108), 3, "place"),  # 8 were placed before: 11 of 111 are new
        ("auto", replace(MAP, points=108), 4, "fit"),
        ("place", MAP, 500, "place"),
        ("place", None, 5, "fit"),
        ("fit", MAP, 0, "fit"),
        ("place", MAP, 0, "nothing"),
    ],
)
def test_a_tenth_of_new_images_asks_for_a_new_layout(
    action: MapAction, layout: MapRecord | None, new: int, expected: str
) -> None:
    assert choose_action(MapOptions(action=action), layout, new) == expected


def test_what_lay_beyond_the_sample_is_not_new() -> None:
    sampled = MapRecord(4, "c", replace(FACTS, parameters={"images": 1000}), 1000, 2, MAP.created_at)
    assert choose_action(MapOptions(), sampled, 100) == "place"
    assert choose_action(MapOptions(), sampled, 120) == "fit"


def test_old_maps_go_when_a_new_one_comes() -> None:
    maps = [
        other(9, replace(FACTS, method="pca")),
        other(8),
        other(7, replace(FACTS, vector="another")),
        other(6, replace(FACTS, digest="gone")),
        other(5),
    ]
    assert superseded(maps, VECTOR, keep=1) == [9, 8, 6, 5]
    assert superseded(maps, VECTOR, keep=3) == [9, 5]
    assert superseded(maps, VECTOR, keep=10) == [9]
