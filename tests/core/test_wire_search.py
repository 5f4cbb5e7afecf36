import pytest
from pydantic import ValidationError

from facies.core.wire_search import Example, SearchBody

ID = "0b9a1a4e-5f43-5c5e-9d5e-2a0f3f6c1d2e"


@pytest.mark.parametrize("example", [{}, {"id": ID, "upload": 0}, {"upload": -1}, {"id": ID, "colour": "red"}])
def test_an_example_names_exactly_one_source(example: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Example.model_validate(example)


def test_a_search_needs_a_positive_example() -> None:
    with pytest.raises(ValidationError, match="the query is empty"):
        SearchBody()
    with pytest.raises(ValidationError, match="the query is empty"):
        SearchBody(positive=[])
    with pytest.raises(ValidationError, match="nothing to be near to"):
        SearchBody(negative=[Example(id=ID)])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"vector": "a", "vectors": ["a", "b"]}, "either one vector or several"),
        ({"vectors": []}, "at least 1"),
        ({"vectors": ["a", "b", "a"]}, "counts once"),
        ({"per_group": 2}, "goes with `group_by`"),
        ({"fold": 0}, "greater than 0"),
        ({"fold": float("nan")}, "less than or equal to 1"),
        ({"diversity": 1.01}, "less than or equal to 1"),
        ({"diversity": float("nan")}, "less than or equal to 1"),
    ],
)
def test_a_search_that_contradicts_itself_is_refused(more: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        SearchBody.model_validate({"positive": [{"id": ID}], **more})


@pytest.mark.parametrize(
    "crop", [{"x": -1, "y": 0, "width": 1, "height": 1}, {"x": 0, "y": 0, "width": 0, "height": 1}]
)
def test_a_crop_has_an_area_inside_the_first_quadrant(crop: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        Example.model_validate({"upload": 0, "crop": crop})


def test_it_survives_its_json() -> None:
    body = SearchBody(positive=[Example(id=ID)], negative=[Example(upload=0)], k=3, where={"field": "a", "equals": 1})
    assert SearchBody.model_validate_json(body.model_dump_json(exclude_defaults=True)) == body
