import pytest
from pydantic import TypeAdapter, ValidationError

from facies.core.wire import Body, ImageIdText

ID = "0b9a1a4e-5f43-5c5e-9d5e-2a0f3f6c1d2e"


@pytest.mark.parametrize(
    "text", ["", "a", "../../x", ID.upper(), ID.replace("-", ""), f"{{{ID}}}", f"{ID}\n", "\ud800"]
)
def test_an_id_is_a_uuid_in_its_one_spelling(text: str) -> None:
    ids = TypeAdapter(ImageIdText)
    assert ids.validate_python(ID) == ID
    with pytest.raises(ValidationError):
        ids.validate_python(text)


def test_a_field_that_a_body_does_not_know_is_refused() -> None:
    with pytest.raises(ValidationError, match="colour"):
        Body.model_validate({"colour": "red"})
