from __future__ import annotations

from facies.core.wire_review import MOST_LEFT_OUT
from facies.ui.label_state import Scope, Work
from facies.ui.queue_state import Loaded, body_of, go_past
from facies.ui.where import FilterChoice
from tests.ui.answers import id_of, image_out
from tests.ui.label_answers import queue_out


def loaded() -> Loaded:
    told = queue_out({"by": "uncertain"}, [image_out(place, None) for place in range(4)])
    return Loaded("fossils", Work("queue"), told)


def test_what_was_labelled_leaves_and_comes_back_when_that_is_undone() -> None:
    queue = loaded()
    queue.done = {7: {id_of(0), id_of(1)}, 8: {id_of(2)}}
    assert [item.image.id for item in queue.waiting([7, 8])] == [id_of(3)]
    assert queue.reviewed([7, 8]) == 3
    assert [item.image.id for item in queue.waiting([8])] == [id_of(0), id_of(1), id_of(3)]
    assert queue.reviewed([]) == 0


def test_what_is_passed_over_is_neither_labelled_nor_waiting() -> None:
    queue = loaded()
    queue.done = {7: {id_of(0)}}
    go_past(queue, [7])
    assert queue.passed == {id_of(1), id_of(2), id_of(3)}
    assert queue.waiting([7]) == []
    assert queue.is_stale


def test_the_question_leaves_out_what_was_labelled_or_passed_over() -> None:
    scope = Scope(FilterChoice({"label": ("a",)}), "dino", "slide")
    queue = loaded()
    queue.done, queue.passed = {7: {id_of(0)}, 8: {id_of(1)}}, {id_of(2)}
    body = body_of(Work("queue", "boundary", size=50, fold=False, scope=scope), queue.gone([7]))
    assert (body.by, body.limit, body.fold, body.vector, body.group) == ("boundary", 50, False, "dino", "slide")
    assert body.without == [id_of(0), id_of(2)]
    assert body.where == {"field": "label", "any_of": ["a"]}
    many = {f"{number:08}" for number in range(MOST_LEFT_OUT + 1)}
    assert len(body_of(Work("queue", size=5_000), many).without) == MOST_LEFT_OUT
