"""Labels from a gallery: what is sent, what is said of it, and the way back."""

from __future__ import annotations

from typing import Any

import pytest
import streamlit as st

from facies.core.errors import QueryError
from facies.core.wire import CollectionOut
from facies.ui import naming
from facies.ui.service import Service, open_service

GIVE = "/v1/collections/fossils/labels"


@pytest.fixture
def service(api: Any) -> Service:
    st.session_state.clear()
    return open_service("http://127.0.0.1:9", None)


@pytest.fixture
def fossils(api: Any) -> CollectionOut:
    found: CollectionOut = api.collections[0]
    return found


def item(api: Any, place: int, label: str = "azolla", **more: Any) -> dict[str, Any]:
    return {"id": api.image_out(place).id, "label": label, "state": "validated", "seen": None, **more}


def outcome() -> tuple[str, str, object]:
    return naming.kept().outcome


def answer(api: Any, images: int, number: int = 7) -> None:
    from httpx import Response

    batch = api.batch_out(number).model_copy(update={"images": images})
    api.instead[f"POST {GIVE}"] = Response(200, json=batch.model_dump(mode="json"))


def test_the_most_frequent_labels_lie_on_keys_after_those_that_come_first(
    service: Service, fossils: CollectionOut
) -> None:
    assert naming.choices(fossils).keys == ["areoligera", "azolla"]
    chosen = naming.choices(fossils, ["azolla", "Genus sp. A"])
    assert chosen.keys == ["azolla", "Genus sp. A", "areoligera"]
    assert chosen.labels == ["Genus sp. A", "areoligera", "azolla"]


def test_a_key_keeps_its_label_when_another_becomes_more_frequent(api: Any, service: Service) -> None:
    assert naming.choices(api.collection_out()).keys == ["areoligera", "azolla"]
    later = api.collection_out(labels={"azolla": 9, "new": 4, "areoligera": 3})
    assert naming.choices(later).keys == ["areoligera", "azolla", "new"]


def test_what_was_seen_is_sent_and_what_was_not_is_left_out(api: Any, service: Service, fossils: CollectionOut) -> None:
    answer(api, 2)
    folded = {"id": api.image_out(2).id, "label": "azolla", "state": "validated", "keep_validated": True}
    naming.act(service, fossils, {"type": "label", "items": [item(api, 1), folded]})
    (body,) = api.bodies(GIVE)
    assert body["labels"][0]["seen"] is None
    assert "seen" not in body["labels"][1]
    assert body["labels"][1]["keep_validated"] is True
    assert outcome()[1] == "2 images are now **azolla**."


def test_several_labels_doubts_and_copies_that_stay_are_told(
    api: Any, service: Service, fossils: CollectionOut
) -> None:
    answer(api, 4)
    said = [item(api, place, label) for place, label in enumerate(["a", "a", "b", "c_1", "d"])]
    naming.give(service, fossils, [*said[:4], {**said[4], "state": "dubious"}])
    assert outcome()[1] == (
        "4 images are now **a**, **b**, **c\\_1** and 1 more. Near copies that stay as somebody has validated them: 1."
    )


def test_undo_takes_back_one_batch_after_the_other(api: Any, service: Service, fossils: CollectionOut) -> None:
    for number in (7, 9):
        answer(api, 1, number)
        naming.give(service, fossils, [item(api, 1)])
    naming.act(service, fossils, {"type": "undo"})
    naming.act(service, fossils, {"type": "undo"})
    undone = [one.url.path for one in api.asked if one.url.path.endswith("undo")]
    assert undone == [f"{GIVE}/batches/9/undo", f"{GIVE}/batches/7/undo"]
    naming.act(service, fossils, {"type": "undo"})
    assert outcome()[1].startswith("Nothing to undo")


def test_a_refused_label_is_kept_to_be_told_and_is_no_batch(api: Any, service: Service, fossils: CollectionOut) -> None:
    api.instead[f"POST {GIVE}"] = api.problem(409, "StaleLabelError", "the label of an image has changed")
    naming.give(service, fossils, [item(api, 1)])
    assert "has changed" in str(outcome()[2])
    naming.undo(service, fossils)
    assert outcome()[1].startswith("Nothing to undo")


def test_a_batch_that_cannot_be_undone_now_can_be_tried_again(
    api: Any, service: Service, fossils: CollectionOut
) -> None:
    answer(api, 1)
    naming.give(service, fossils, [item(api, 1)])
    api.instead[f"POST {GIVE}/batches/7/undo"] = api.problem(503, "StoreUnavailableError", "no answer")
    naming.undo(service, fossils)
    assert "no answer" in str(outcome()[2])
    del api.instead[f"POST {GIVE}/batches/7/undo"]
    naming.undo(service, fossils)
    assert outcome()[1] == "Batch 7 is undone: its images are as they were."


def test_the_second_click_on_undo_takes_nothing_further_back(
    api: Any, service: Service, fossils: CollectionOut
) -> None:
    for number in (7, 9):
        answer(api, 1, number)
        naming.give(service, fossils, [item(api, 1)])
    for _ in range(2):
        naming.undo(service, fossils, 9)
    assert [one.url.path for one in api.asked if one.url.path.endswith("undo")] == [f"{GIVE}/batches/9/undo"]
    assert naming.standing(fossils) == (7,)
    assert outcome()[1] == "Batch 9 is undone: its images are as they were."


def test_more_images_than_go_at_once_are_refused_in_words(api: Any, service: Service, fossils: CollectionOut) -> None:
    naming.give(service, fossils, [item(api, 1)] * 10_001)
    assert "10,001 images at once, expected at most 10,000" in str(outcome()[2])
    assert not api.bodies(GIVE)


def test_what_is_no_label_is_refused_in_words(api: Any, service: Service, fossils: CollectionOut) -> None:
    naming.give(service, fossils, [item(api, 1, state="sure")])
    assert str(outcome()[2]).startswith("state: ")
    assert isinstance(outcome()[2], QueryError)


def test_an_order_is_carried_out_once_unless_it_went_wrong(api: Any, service: Service, fossils: CollectionOut) -> None:
    asked = []

    def ask() -> Any:
        asked.append(1)
        if len(asked) == 1:
            raise QueryError("not now")
        return api.batch_out(3)

    def order() -> None:
        naming.carry_out(fossils, ask, lambda batch: ("given", batch), once="the preview that was shown")

    order()
    assert "not now" in str(outcome()[2])
    order()
    order()
    assert len(asked) == 2
    assert naming.standing(fossils) == (3,)
    assert outcome()[1] == "given"
