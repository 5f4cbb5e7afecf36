"""Queues: what waits, what was done of it in this session, and what comes next."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.answers import id_of
from tests.ui.views.test_labels import shown

LABELS = "POST /v1/collections/fossils/labels"


@pytest.fixture
def queue(label_page: AppTest) -> AppTest:
    label_page.query_params["work"] = "queue"
    return label_page


def test_a_queue_is_asked_for_as_the_address_says(api: Any, queue: AppTest) -> None:
    queue.query_params["by"] = "boundary"
    queue.query_params["size"] = "5000"
    queue.query_params["fold"] = "0"
    queue.query_params["only"] = "label=azolla"
    queue.run()
    assert not queue.exception
    (asked,) = api.bodies("/review/queue")
    assert asked == {"by": "boundary", "limit": 5000, "where": {"field": "label", "any_of": ["azolla"]}}
    queue.selectbox(key="queue-by").set_value("diverse").run()
    assert api.bodies("/review/queue")[-1]["by"] == "diverse"
    assert dict(queue.query_params)["by"] in ("diverse", ["diverse"])


def test_the_sure_ones_are_accepted_as_one_batch_and_leave_the_queue(api: Any, queue: AppTest) -> None:
    queue.run()
    assert "**0** of 4 reviewed in this session" in shown(queue)
    queue.slider(key="queue-least").set_value(0.75).run()
    assert "2 images of 4 here" in shown(queue)
    queue.button(key="queue-accept-now").click().run()
    assert not queue.exception
    (given,) = api.bodies("/labels")
    assert [(one["id"], one["label"], one["seen"]) for one in given["labels"]] == [
        (id_of(4), "azolla", None),
        (id_of(5), "azolla", None),
    ]
    assert "**2** of 4 reviewed in this session" in shown(queue)
    assert len(api.bodies("/review/queue")) == 1  # the order stays while one works through it
    queue.button(key="naming-undo").click().run()
    assert "**0** of 4 reviewed in this session" in shown(queue)


def test_next_images_are_without_those_passed_over(api: Any, queue: AppTest) -> None:
    queue.run()
    queue.slider(key="queue-least").set_value(0.85).run()
    queue.button(key="queue-accept-now").click().run()
    queue.button(key="queue-next").click().run()
    assert not queue.exception
    assert api.bodies("/review/queue")[-1]["without"] == [id_of(place) for place in range(4, 8)]
    assert "**Nothing more is in this queue.** You passed over 3 images" in shown(queue)
    asked = len(api.bodies("/review/queue"))
    queue.run()
    assert len(api.bodies("/review/queue")) == asked
    queue.button(key="queue-again").click().run()
    assert "**0** of 3 reviewed in this session" in shown(queue)


def test_a_queue_that_is_worked_through_offers_more(api: Any, queue: AppTest) -> None:
    queue.run()
    queue.slider(key="queue-least").set_value(0.0).run()
    queue.button(key="queue-accept-now").click().run()
    assert "**These are done.** 4 images got a label from you" in shown(queue)
    queue.button(key="queue-more").click().run()
    assert "**Nothing more is in this queue.**" in shown(queue)
    assert "No image waits for a name" in shown(queue)


def test_a_label_that_somebody_else_gave_meanwhile_is_told_and_the_queue_read_again(api: Any, queue: AppTest) -> None:
    queue.run()
    api.instead[LABELS] = api.problem(409, "StaleLabelError", "the label of image 4 has changed. Nothing was changed")
    queue.button(key="queue-accept-now").click().run()
    assert "The label of image 4 has changed. Nothing was changed" in shown(queue)
    assert len(api.bodies("/review/queue")) == 2
    assert "**0** of 4 reviewed" in shown(queue)


def test_what_the_service_refuses_is_told(api: Any, queue: AppTest) -> None:
    api.instead["POST /v1/collections/fossils/review/queue"] = api.problem(
        422, "QueryError", "disagreement takes two vectors"
    )
    queue.query_params["by"] = "disagreement"
    queue.run()
    assert "Disagreement takes two vectors" in shown(queue)


def test_five_thousand_images_wait(api: Any, queue: AppTest) -> None:
    api.images = [*api.images[:4], *(api.image_out(place, None) for place in range(4, 5004))]
    queue.query_params["size"] = "5000"
    queue.query_params["by"] = "diverse"
    queue.run(timeout=60)
    assert not queue.exception
    assert "**0** of 5,000 reviewed" in shown(queue)
