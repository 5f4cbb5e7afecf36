from __future__ import annotations

from typing import Any

import pytest

from facies.core.wire_classify import PredictionOut
from facies.core.wire_labels import LabelIn
from facies.core.wire_review import QueueItemOut
from facies.ui.label_state import Reason
from facies.ui.review_queue import REASONS, accept, ids_of, list_sure, list_waiting, say_why, tiles_of
from tests.ui.answers import id_of, image_out


def item(place: int, probability: float = 0.8, **more: Any) -> QueueItemOut:
    suggestions = [
        PredictionOut(label="azolla", probability=probability),
        PredictionOut(label="areoligera", probability=1 - probability),
    ]
    values: dict[str, Any] = {"value": 0.25, "suggestions": suggestions, "by_vector": {}, "mate": None}
    return QueueItemOut(image=image_out(place, None), **{"note": None, "actor": None, **values, **more})


@pytest.mark.parametrize(
    ("by", "more", "words"),
    [
        ("uncertain", {}, None),
        ("boundary", {"value": 0.04}, "azolla or areoligera? 4% apart"),
        ("diverse", {"value": 0.714}, "distance 0.71"),
        ("disagreement", {"by_vector": {"lite0": "a", "dino": "b"}}, "lite0: a \u00b7 dino: b"),
        ("flagged", {"note": "or a fold?", "actor": "Ann"}, "called None by Ann: or a fold?"),
        ("flagged", {"actor": "Ann"}, "called None by Ann"),
    ],
)
def test_each_image_says_why_it_is_there(by: Reason, more: dict[str, Any], words: str | None) -> None:
    assert say_why(item(1, **more), by) == words


def test_a_suspected_error_says_what_it_is_called() -> None:
    suspect = item(1, value=0.02)
    suspect.image.label = "deflandrea"
    assert say_why(suspect, "errors") == "called deflandrea, which fits to 2%"


def test_a_tile_has_the_suggestion_and_what_else_it_may_be() -> None:
    (tile,) = tiles_of(item(1, folded_ids=[id_of(7)]), "uncertain")
    assert (tile.suggestion, tile.confidence, tile.folded) == ("azolla", 0.8, (id_of(7),))
    assert [label for label, _ in tile.others] == ["areoligera"]
    (bare,) = tiles_of(item(1, suggestions=[], by_vector={"lite0": "a", "dino": "b"}), "disagreement")
    assert (bare.suggestion, bare.confidence) == ("a", None)


def test_of_a_pair_each_is_offered_the_name_of_the_other() -> None:
    pair = item(1, mate=image_out(2, "azolla"), value=0.991)
    pair.image.label = "deflandrea"
    first, second = tiles_of(pair, "duplicates")
    assert (first.suggestion, second.suggestion) == ("azolla", "deflandrea")
    assert first.note == "its twin is called azolla, 99.1% alike"
    assert ids_of(pair) == {id_of(1), id_of(2)}


def test_the_sure_ones_are_accepted_with_their_near_copies() -> None:
    items = [item(1, 0.95, folded_ids=[id_of(5)]), item(2, 0.6), item(3, suggestions=[])]
    sure = list_sure(items, 0.9)
    labels = [LabelIn(**one) for one in accept(sure)]
    assert [(one.id, one.label, one.state, one.keep_validated) for one in labels] == [
        (id_of(1), "azolla", "validated", False),
        (id_of(5), "azolla", "validated", True),
    ]
    assert "seen" in labels[0].model_fields_set
    assert list_sure(items, 0.0) == items[:2]


def test_what_was_labelled_or_passed_over_waits_no_longer() -> None:
    items = [item(1), item(2, folded_ids=[id_of(6)]), item(3), item(4)]
    left = list_waiting(items, [{id_of(1)}, {id_of(6)}], {id_of(4)})
    assert [one.image.id for one in left] == [id_of(3)]
    assert set(REASONS) >= {"uncertain", "flagged"}
