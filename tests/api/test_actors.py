from __future__ import annotations

from types import SimpleNamespace
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from facies.api.actors import ActorDep
from facies.core.client import USER_HEADER as HEADER
from facies.core.errors import QueryError


@pytest.fixture
def client() -> TestClient:
    app = FastAPI()
    app.state.service = SimpleNamespace(settings=SimpleNamespace(user="the laboratory"))

    @app.get("/")
    def who(actor: ActorDep) -> dict[str, object]:
        return {"name": actor.name, "verified": actor.verified}

    return TestClient(app)


def test_a_header_names_who_acts_in_any_script(client: TestClient) -> None:
    for name in ("ann", "Åse Øther", "李"):
        assert client.get("/", headers={HEADER: quote(name)}).json() == {"name": name, "verified": False}


def test_a_header_as_a_terminal_sends_it_is_read_too(client: TestClient) -> None:
    for encoding in ("utf-8", "latin-1"):
        answer = client.get("/", headers={HEADER.encode(): "J. Müller".encode(encoding)})
        assert answer.json()["name"] == "J. Müller"


def test_without_one_it_is_whom_the_settings_name(client: TestClient) -> None:
    assert client.get("/").json() == {"name": "the laboratory", "verified": False}


def test_a_header_without_a_name_is_refused(client: TestClient) -> None:
    with pytest.raises(QueryError, match="printable"):
        client.get("/", headers={HEADER: quote("a\nb")})
