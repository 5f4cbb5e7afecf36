from __future__ import annotations

from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from streamlit.testing.v1 import AppTest

from facies.core import errors
from facies.core.wire_growth import GrowBody
from facies.ui.problems import TITLES, refused, title_of


def all_classes(root: type[errors.FaciesError]) -> list[type[errors.FaciesError]]:
    return [root, *(c for child in root.__subclasses__() for c in all_classes(child))]


@pytest.mark.parametrize("kind", all_classes(errors.FaciesError))
def test_every_error_has_a_title(kind: type[errors.FaciesError]) -> None:
    assert title_of(kind.from_message("x"))


def test_a_class_without_a_title_takes_that_of_its_ancestor() -> None:
    class Special(errors.StorageError):
        pass

    assert title_of(Special.from_message("x")) == TITLES[errors.StorageError]


def test_the_first_breaches_of_a_body_are_named() -> None:
    with pytest.raises(ValidationError) as breach:
        GrowBody(label="", examples=["foo", "bar", "baz"])
    words = refused(breach.value).message
    assert words.startswith("label: ")
    assert words.count("examples.") == 2
    assert words.endswith("; and 1 more")


def test_a_service_that_is_down_is_told_with_what_to_do(api: Any, page: AppTest) -> None:
    api.instead["GET /v1/collections"] = httpx.ConnectError("connection refused")
    api.instead["GET /v1/health"] = httpx.ConnectError("connection refused")
    page.run()
    assert not page.exception
    assert page.header[0].value == "The service does not answer"
    assert [c.value for c in page.code] == ["facies up", "FACIES_UI__API_URL=http://host:8000 facies ui"]
    assert any("127.0.0.1:8000" in t.value for t in page.text)


def test_a_problem_document_is_shown_with_its_detail(api: Any, page: AppTest) -> None:
    api.instead["GET /v1/collections"] = api.problem(507, "StorageError", "cannot write /data: disk full. Free space.")
    page.run()
    assert not page.exception
    assert [t.value for t in page.text] == ["Cannot write /data: disk full. Free space."]
    assert TITLES[errors.StorageError] in page.markdown[0].value
