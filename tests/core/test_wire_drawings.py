from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from facies.core.wire_drawings import DrawingClass, StrokeBody, StrokeChange

STROKE: dict[str, Any] = {"id": 3, "class": 1, "width": 9, "points": [[1, 2], [3.5, 4]]}


def test_a_stroke_is_spelt_as_in_files() -> None:
    stroke = StrokeBody.model_validate(STROKE)
    assert stroke.class_id == 1
    assert stroke.model_dump(mode="json") == STROKE


@pytest.mark.parametrize(
    "wrong", [{"id": 2**31}, {"class": 256}, {"width": 0}, {"points": []}, {"points": [[1, float("nan")]]}, {"more": 1}]
)
def test_what_is_no_stroke_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        StrokeChange.model_validate({"add": [STROKE | wrong]})


def test_a_class_has_a_name_and_a_colour() -> None:
    assert DrawingClass(id=0, name=" sand ", colour="#0f6b6b").name == "sand"
    for wrong in ({"name": " "}, {"colour": "red"}):
        with pytest.raises(ValidationError):
            DrawingClass.model_validate({"id": 0, "name": "sand", "colour": "#0f6b6b"} | wrong)
