from __future__ import annotations

import pytest
from pydantic import ValidationError

from facies.core.wire_labels import LabelBody, LabelIn

ID = "0b9a1a4e-5f43-5c5e-9d5e-2a0f3f6c1d2e"


def test_a_version_that_is_null_differs_from_one_that_is_left_out() -> None:
    assert "seen" not in LabelIn(id=ID, label="x").model_fields_set
    assert "seen" in LabelIn(id=ID, label="x", seen=None).model_fields_set


@pytest.mark.parametrize("wrong", [{"id": "x"}, {"state": "sure"}, {"label": None}, {"colour": "red"}])
def test_what_is_no_label_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        LabelBody.model_validate({"labels": [{"id": ID, "label": "x", **wrong}]})
