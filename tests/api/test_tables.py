from __future__ import annotations

import io

from rich.console import Console

from facies.api.collections import describe_collection, list_collections
from facies.api.service import Service
from facies.api.tables import (
    describe_stored,
    print_collection,
    print_collections,
    print_predictions,
)
from facies.core.wire import StoredOut


def console() -> Console:
    return Console(file=io.StringIO(), width=200, color_system=None)


def text(shown: Console) -> str:
    assert isinstance(shown.file, io.StringIO)
    return shown.file.getvalue()


def test_names_that_look_like_markup_are_shown_as_they_are() -> None:
    answer = {
        "predictions": [{"path": "/a/[red]1.png", "top": [{"label": "[bold]x", "probability": 0.75}]}],
        "failures": [{"path": "/a/[2].txt", "reason": "no [image]"}],
        "hidden": [{"label": "[dim]y", "reason": "it is [old]"}],
        "calibrated": False,
        "notes": ["some [n]"],
    }
    shown = console()
    print_predictions(answer, shown)
    assert "rolled up" not in text(shown)
    assert "calibrated" not in text(shown)
    assert "some [n]" in text(shown)
    assert "hidden [dim]y: it is [old]" in text(shown)
    assert "/a/[red]1.png" in text(shown)
    assert "[bold]x" in text(shown)
    assert "/a/[2].txt: no [image]" in text(shown)


def test_what_was_rolled_up_is_shown_where_it_was_asked_for() -> None:
    top = [{"label": "a", "probability": 0.75}]
    rolled_up = {"taxon": "[A]", "rank": "order", "probability": 0.96, "reached": True}
    low = {"taxon": "b", "rank": None, "probability": 0.5, "reached": False}
    predictions = [
        {"path": "1.png", "top": top, "rolled_up": rolled_up, "verdict": "label", "set": ["a"]},
        {"path": "2.png", "top": top, "rolled_up": low, "verdict": "set", "set": ["a", "[b]"]},
        {"path": "3.png", "top": [], "verdict": "unknown", "set": []},
    ]
    shown = console()
    basis = {"calibrated": True, "validated": 1234, "way": "both", "calibration_error": 0.0123, "notes": []}
    print_predictions({"predictions": predictions, "failures": [], "hidden": [], **basis}, shown)
    assert "calibrated on 1,234 validated images (way: both); on these they are off by 0.012" in text(shown)
    assert "one of a, [b]" in text(shown)
    assert "unknown" in text(shown)
    assert "[A] (order) 0.96 " in text(shown)
    assert "b 0.50, less than asked for" in text(shown)


def test_collections_are_listed_and_shown(shared: Service) -> None:
    shown = console()
    print_collections([], shown)
    assert "facies index" in text(shown)
    print_collections(list_collections(shared), shown)
    described = describe_collection(shared, "g").model_copy(update={"taxonomy": "[mine]"})
    print_collection(described, shown)
    assert "[mine]" in text(shown)
    many = {f"well [{number}]": 60 - number for number in range(9)}
    print_collection(describe_collection(shared, "g").model_copy(update={"facets": {"well": many}}), shown)
    assert "well [0] (60), well [1] (59)" in text(shown)
    assert "well [4] (56), ..." in text(shown)
    for expected in ("efficientnet-lite0", "24", "seismic_section", "weights_sha256"):
        assert expected in text(shown)


def test_a_vector_that_is_not_called_after_its_card_is_listed_by_its_name(shared: Service) -> None:
    described = list_collections(shared)[0]
    again = described.vectors[0].model_copy(update={"name": "lite0-bf16"})
    shown = console()
    print_collections([described.model_copy(update={"vectors": [again, *described.vectors]})], shown)
    assert "lite0-bf16 (efficientnet-lite0), efficientnet-lite0 " in text(shown)


def test_the_state_of_the_vectors_is_one_line() -> None:
    stored = StoredOut(points=1500, graphed=0, quantization="none", disk_bytes=None, optimizing=True)
    assert describe_stored(stored) == "1,500 points (all scanned, exactly); the graph is being built"
    grown = StoredOut(
        points=1500, graphed=1200, quantization="int8", disk_bytes=3 * 2**20, optimizing=False, error="disk full"
    )
    through = "1,500 points (1,200 through the graph, 300 scanned)"
    assert describe_stored(grown) == f"{through}, packed as int8, 3 MiB; the last building failed: disk full"
