from __future__ import annotations

import io
from collections.abc import Iterator

import httpx
import pytest

from facies.api.body_limit import MAX_JSON_BYTES
from facies.api.service import Service
from facies.core.wire import Problem

from .conftest import serving

LIMIT = 2_000_000
"""Above the size at which the framework moves an upload from memory to a temporary file."""


@pytest.fixture
def client(shared: Service) -> Iterator[httpx.Client]:
    settings = shared.settings
    small = settings.model_copy(update={"api": settings.api.model_copy(update={"max_upload_bytes": LIMIT})})
    with serving(shared, small) as opened:
        yield opened


def problem(response: httpx.Response) -> Problem:
    return Problem.model_validate_json(response.content)


def test_an_upload_that_declares_too_much_is_refused_unread(client: httpx.Client) -> None:
    response = client.post("/v1/collections/g/images", files={"files": ("a.png", b"x" * 5_000_000)})
    assert (response.status_code, problem(response).code) == (413, "ImageTooLargeError")
    assert "FACIES_API__MAX_UPLOAD_BYTES" in problem(response).detail
    assert response.headers["connection"] == "close"


def test_an_upload_that_declares_nothing_is_refused_while_it_comes(client: httpx.Client) -> None:
    sent = 0

    def pieces() -> Iterator[bytes]:
        nonlocal sent
        yield b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
        for _ in range(400):
            sent += 10_000
            yield b"x" * 10_000
        yield b"\r\n--b--\r\n"

    response = client.post(
        "/v1/collections/g/images",
        content=pieces(),
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )
    assert (response.status_code, problem(response).code) == (413, "ImageTooLargeError")


def test_an_upload_within_the_limit_passes(client: httpx.Client) -> None:
    response = client.post("/v1/collections/g/images", files={"files": ("a.png", io.BytesIO(b"x" * 1_900_000))})
    assert response.status_code == 200
    assert response.json()["results"][0]["status"] == "failed"


def test_a_json_body_has_a_limit_of_its_own(client: httpx.Client) -> None:
    response = client.post(
        "/v1/collections/g/search",
        content=b" " * (MAX_JSON_BYTES + 1),
        headers={"Content-Type": "application/json"},
    )
    assert (response.status_code, problem(response).code) == (422, "QueryError")


def test_the_service_lives_on(client: httpx.Client) -> None:
    for _ in range(20):
        response = client.post("/v1/collections/g/images", files={"files": ("a.png", b"x" * 5_000_000)})
        assert response.status_code == 413
    assert client.get("/v1/health").status_code == 200
