from __future__ import annotations

import pytest
from pydantic import ValidationError

from facies.core.wire_growth import GrowPageBody, GrowthState

ID = "0b9a1a4e-5f43-5c5e-9d5e-2a0f3f6c1d2e"
STATE = {"label": "a", "vector": "v", "made_by": "0" * 16, "examples": [ID]}


def test_a_state_comes_back_as_it_went() -> None:
    cut = {"lead": 0.123457, "id": ID}
    state = GrowthState.model_validate({**STATE, "right": cut, "page": [cut], "audited": {"right": 1, "total": 2}})
    sent = state.model_dump(mode="json", exclude_defaults=True)
    assert GrowthState.model_validate(sent) == state
    assert "wrong" not in sent


@pytest.mark.parametrize(
    "wrong",
    [
        {"examples": ["x"]},
        {"kept": ["../x"]},
        {"pages": -1},
        {"page": [{"lead": 1}]},
        {"right": {"lead": "x", "id": ID}},
    ],
)
def test_what_is_no_state_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        GrowPageBody.model_validate({"state": {**STATE, **wrong}})
