from __future__ import annotations

import pytest
from pydantic import ValidationError

from facies.core.wire_review import QueueBody, RenameBody, UnknownsBody


@pytest.mark.parametrize("wrong", [{"by": "chance"}, {"limit": 0}, {"limit": 5001}, {"alike": 1.1}, {"colour": 1}])
def test_what_is_no_queue_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        QueueBody.model_validate({"by": "errors", **wrong})


@pytest.mark.parametrize("wrong", [{"share": 0}, {"share": 1.5}, {"fewest": 1}, {"name_by": "colour"}])
def test_what_finds_no_unknowns_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        UnknownsBody.model_validate(wrong)


@pytest.mark.parametrize("wrong", [{"names": []}, {"to": ""}])
def test_what_renames_nothing_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RenameBody.model_validate({"names": ["a"], "to": "b", **wrong})
