from __future__ import annotations

from pathlib import Path

import pytest

from facies.api.examples import Upload
from facies.api.search import search_images
from facies.api.service import Service
from facies.core.wire_search import Example, SearchBody

from .conftest import CARD
from .drawn import draw_rows, make_drawn

SHAPES = [{}, {"rerank": True}, {"group_by": "label"}]


@pytest.mark.parametrize("shape", SHAPES)
def test_an_empty_answer_says_why(service: Service, gallery: Path, shape: dict[str, object]) -> None:
    drawn = make_drawn(service, "drawn", draw_rows(12, 48))
    alone = make_drawn(service, "alone", draw_rows(1, 48))
    empty = make_drawn(service, "empty", draw_rows(0, 48))
    upload = Upload("a.png", next(gallery.rglob("*.png")).read_bytes)

    def note(name: str, example: Example, **more: object) -> str:
        found = search_images(
            service, name, SearchBody.model_validate({"positive": [example], **more, **shape}), [upload]
        )
        assert found.neighbours == []
        assert len(found.notes) == 1
        return found.notes[0]

    none = {"field": "label", "equals": "no such"}
    assert "none of the 12 images of collection 'drawn' does" in note(drawn.name, Example(id=drawn.ids[0]), where=none)
    assert "only the examples themselves match" in note(alone.name, Example(id=alone.ids[0]))
    assert "the list ends before place 51" in note(drawn.name, Example(id=drawn.ids[0]), offset=50)
    assert "collection 'empty' is empty" in note(empty.name, Example(upload=0))


def test_an_answer_with_neighbours_needs_no_note(shared: Service) -> None:
    image = shared.workspace.catalog.list_images("g", limit=1)[0]
    assert search_images(shared, "g", SearchBody(positive=[Example(id=image.id)])).notes == []


def test_a_vector_that_nothing_has_yet_is_named_with_the_command(service: Service, gallery: Path) -> None:
    rows = draw_rows(5, 48)
    make_drawn(service, "drawn", rows, more={"other": rows * 0})
    body = SearchBody(positive=[Example(upload=0)], vector="other")
    upload = Upload("a.png", next(gallery.rglob("*.png")).read_bytes)
    note = search_images(service, "drawn", body, [upload]).notes[0]
    assert "no image that matches has a vector 'other' yet" in note
    assert f"add-model drawn --model {CARD}" in note
