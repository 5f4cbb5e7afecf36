"""What was done in the browser, done here: in order, once, however it was sent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from facies.ui.components.inbox import Inbox


class InterruptionError(BaseException):
    """As Streamlit's, which is no `Exception` either."""


def deeds(*numbers: int) -> list[dict[str, Any]]:
    return [{"number": number, "type": "label"} for number in numbers]


@pytest.mark.parametrize(
    "sent",
    [
        [[1, 2, 3]],
        [[1], [1, 2], [1, 2, 3]],
        [[1], [2, 3]],
        [[1], [1, 2, 3], [1, 2, 3]],
        [[1, 2], [1], [3]],
    ],
)
def test_each_deed_is_done_once_and_in_order(sent: Iterable[list[int]]) -> None:
    done: list[int] = []
    box = Inbox()
    for numbers in sent:
        box.take("grid", deeds(*numbers), lambda deed: done.append(deed["number"]))
        box.work()
    assert done == [1, 2, 3]
    assert box.done == {"grid": 3}


def test_deeds_of_several_components_are_done_in_the_order_in_which_they_came() -> None:
    done: list[str] = []
    box = Inbox()
    box.take("left", deeds(4), lambda _: done.append("left"))
    box.take("right", deeds(1, 2), lambda _: done.append("right"))
    box.take("left", deeds(5), lambda _: done.append("left"))
    box.work()
    assert done == ["left", "right", "right", "left"]
    assert box.done == {"left": 5, "right": 2}


def test_what_is_interrupted_is_done_next() -> None:
    done: list[int] = []
    interrupted = [2]

    def do(deed: dict[str, Any]) -> None:
        if deed["number"] in interrupted:
            interrupted.clear()
            raise InterruptionError
        done.append(deed["number"])

    box = Inbox()
    box.take("grid", deeds(1, 2, 3), do)
    with pytest.raises(InterruptionError):
        box.work()
    assert (done, box.done) == ([1], {"grid": 1})
    box.take("grid", deeds(2, 3, 4), do)
    box.work()
    assert done == [1, 2, 3, 4]


def test_what_fails_is_not_tried_for_ever() -> None:
    done: list[int] = []

    def do(deed: dict[str, Any]) -> None:
        if deed["number"] == 1:
            raise KeyError("a mistake of ours")
        done.append(deed["number"])

    box = Inbox()
    box.take("grid", deeds(1, 2), do)
    with pytest.raises(KeyError):
        box.work()
    box.work()
    assert done == [2]
