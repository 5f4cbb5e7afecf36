import pytest
from pydantic import ValidationError

from facies.core.wire_classify import ClassifyBody
from facies.core.wire_search import Example


def test_it_survives_its_json() -> None:
    body = ClassifyBody(examples=[Example(upload=1)], top=3)
    assert ClassifyBody.model_validate_json(body.model_dump_json(exclude_defaults=True)) == body


@pytest.mark.parametrize("more", [{"precision": 0.9}, {"group": "slide"}])
def test_plain_votes_are_not_calibrated(more: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="leave out `temperature`"):
        ClassifyBody.model_validate({"examples": [{"upload": 0}], "temperature": 0.1, **more})
