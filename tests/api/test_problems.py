from __future__ import annotations

import asyncio
import http
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI

from facies.api.app import create_app
from facies.api.problems import MEDIA_TYPE, STATUS, add_problem_handlers, problem_of, status_of
from facies.core import errors
from facies.core.errors import (
    CollectionNotFoundError,
    FaciesError,
    OriginalMissingError,
    QueryError,
    StorageError,
    UnreadableImageError,
)
from facies.core.settings import Settings
from facies.core.wire import Problem


def classes(root: type[FaciesError]) -> Iterator[type[FaciesError]]:
    yield root
    for child in root.__subclasses__():
        if getattr(errors, child.__name__, None) is child:  # the others are of a room of their own, and never leave it
            yield from classes(child)


def test_every_class_of_error_has_a_status_of_its_own_line() -> None:
    assert set(STATUS) == set(classes(FaciesError))


def test_every_status_is_an_error_that_http_knows() -> None:
    assert all(http.HTTPStatus(status) >= 400 for status in STATUS.values())


@pytest.mark.parametrize("kind", list(classes(FaciesError)), ids=lambda kind: kind.__name__)
def test_a_problem_names_the_class_and_keeps_the_message(kind: type[FaciesError]) -> None:
    problem = problem_of(kind.from_message("what, expected, got"))
    assert (problem.code, problem.detail, problem.status) == (kind.__name__, "what, expected, got", STATUS[kind])
    assert problem.title == http.HTTPStatus(problem.status).phrase


def test_a_class_that_is_not_in_the_table_takes_the_status_of_its_parent() -> None:
    class NarrowQueryError(QueryError):
        """A class that a plug-in might add."""

    assert status_of(NarrowQueryError("x")) == 422


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()
    add_problem_handlers(app)

    @app.get("/facies/{kind}")
    def raise_ours(kind: str) -> None:
        raise {
            "collection": CollectionNotFoundError("x"),
            "original": OriginalMissingError("/a"),
            "storage": StorageError("/a", "No space left on device"),
            "image": UnreadableImageError("a.png", "cut short"),
        }[kind]

    @app.get("/bug")
    def raise_a_bug() -> None:
        raise RuntimeError("a secret of the machine")

    @app.get("/number/{number}")
    def take_a_number(number: int) -> int:
        return number

    return app


def get(app: FastAPI, path: str, method: str = "GET") -> httpx.Response:
    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path)

    return asyncio.run(call())


def problem(response: httpx.Response) -> Problem:
    assert response.headers["content-type"] == MEDIA_TYPE
    found = Problem.model_validate_json(response.content)
    assert found.status == response.status_code
    return found


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("collection", 404, "CollectionNotFoundError"),
        ("original", 410, "OriginalMissingError"),
        ("storage", 507, "StorageError"),
        ("image", 422, "UnreadableImageError"),
    ],
)
def test_errors_become_problem_documents(app: FastAPI, kind: str, status: int, code: str) -> None:
    found = problem(get(app, f"/facies/{kind}"))
    assert (found.status, found.code) == (status, code)


def test_an_unexpected_error_tells_nothing_of_the_inside(app: FastAPI, caplog: pytest.LogCaptureFixture) -> None:
    found = problem(get(app, "/bug"))
    assert (found.status, found.code) == (500, "InternalServerError")
    assert "secret" not in found.detail
    assert "RuntimeError" not in found.detail
    reference = found.detail.rsplit(" ", 1)[1]
    assert reference in caplog.text
    assert "a secret of the machine" in caplog.text


def test_an_invalid_request_is_a_query_error_with_place_and_value(app: FastAPI) -> None:
    found = problem(get(app, "/number/many"))
    assert (found.status, found.code) == (422, "QueryError")
    assert "path.number" in found.detail
    assert "'many'" in found.detail


def test_an_unknown_path_and_a_wrong_method_are_problems_too(settings: Settings) -> None:
    app = create_app(settings)
    assert problem(get(app, "/v1/nothing")).code == "NotFound"
    assert problem(get(app, "/v1/health", "DELETE")).code == "MethodNotAllowed"
