from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image
from starlette.types import Message, Receive, Scope, Send

from facies.api.access import AccessGuard, allowed_hosts
from facies.api.app import create_app
from facies.api.problems import MEDIA_TYPE
from facies.api.service import Service
from facies.core.settings import ApiSettings, Settings, UiSettings
from facies.core.wire import Problem

from .conftest import serving

SELF = {"127.0.0.1", "localhost", "LOCALHOST:9", "[::1]:80", "[0:0:0::1]"}


def settings_of(*, public: str | None = None, **api: object) -> Settings:
    return Settings(
        data_dir=Path("/nowhere"), api=ApiSettings.model_validate(api), ui=UiSettings(public_api_url=public)
    )


def answers(settings: Settings, host: str) -> bool:
    return AccessGuard(create_app(settings), settings)._is_allowed(host)


def refused(response: httpx.Response) -> str:
    assert (response.status_code, response.headers["content-type"]) == (403, MEDIA_TYPE)
    problem = Problem.model_validate_json(response.content)
    assert problem.code == "AccessError"
    return problem.detail


def png() -> dict[str, tuple[str, bytes]]:
    buffer = io.BytesIO()
    Image.new("RGB", (20, 20), (9, 99, 199)).save(buffer, "PNG")
    return {"files": ("a.png", buffer.getvalue())}


@pytest.fixture
def opened(filled: Service) -> Iterator[httpx.Client]:
    """A service with a name and an origin of its own in the settings."""
    api = filled.settings.api.model_copy(
        update={"allowed_hosts": ("facies.lan",), "cors_origins": ("https://atlas.example",)}
    )
    with serving(filled, filled.settings.model_copy(update={"api": api})) as client:
        yield client


@pytest.mark.parametrize("path", ["/v1/collections", "/v1/health", "/v1/openapi.json", "/nowhere"])
def test_a_rebound_name_is_refused(http: httpx.Client, path: str) -> None:
    assert http.get(path).status_code in {200, 404}
    detail = refused(http.get(path, headers={"Host": "evil.example:8000"}))
    assert "'evil.example:8000'" in detail
    assert "FACIES_API__ALLOWED_HOSTS" in detail


def test_a_name_of_the_settings_is_answered(opened: httpx.Client) -> None:
    assert opened.get("/v1/health", headers={"Host": "Facies.Lan:8000"}).status_code == 200
    refused(opened.get("/v1/health", headers={"Host": "facies.lan.evil.example"}))


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "file://", "nonsense", ""])
def test_no_other_page_uploads_or_deletes(http: httpx.Client, filled: Service, origin: str) -> None:
    headers = {"Origin": origin}
    assert "FACIES_API__CORS_ORIGINS" in refused(http.post("/v1/collections/g/images", files=png(), headers=headers))
    refused(http.post("/v1/collections/g/index", json={"path": "/"}, headers=headers))
    refused(http.delete("/v1/collections/g", headers=headers))
    assert filled.workspace.catalog.count("g") == 24


def test_a_refused_upload_is_read_so_that_its_sender_hears_why(http: httpx.Client) -> None:
    large = {"files": ("a.png", b"x" * 20_000_000)}
    refused(http.post("/v1/collections/g/images", files=large, headers={"Host": "evil.example"}))


def test_own_pages_those_of_the_settings_and_programs_change_things(opened: httpx.Client) -> None:
    own = str(opened.base_url).rstrip("/")
    for headers in ({"Origin": own}, {"Origin": "https://atlas.example"}, {}):
        assert opened.post("/v1/collections/g/images", files=png(), headers=headers).status_code == 200


def test_an_image_on_a_page_of_the_interface_is_shown(http: httpx.Client, filled: Service) -> None:
    image = filled.workspace.catalog.list_images("g", limit=1)[0]
    headers = {"Origin": "http://127.0.0.1:8501", "Referer": "http://127.0.0.1:8501/", "Sec-Fetch-Dest": "image"}
    assert http.get(f"/v1/collections/g/images/{image.id}/thumbnail", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("settings", "yes", "no"),
    [
        (settings_of(), set(), {"10.0.0.7", "api", "evil.localhost.example", "", "localhost@evil.example"}),
        (settings_of(host="10.0.0.7"), {"10.0.0.7:8000"}, {"10.0.0.8"}),
        (settings_of(host="lab.example.org"), {"lab.example.org:8000"}, {"example.org"}),
        (settings_of(host="0.0.0.0"), {"10.0.0.7", "[fe80::1]:8000"}, {"api", "10.0.0.7.evil.example"}),  # noqa: S104 (asked about, not listened on)
        (settings_of(host="::", allowed_hosts=["api"]), {"api:8000", "10.0.0.7"}, {"api.evil.example"}),
        (settings_of(allowed_hosts=["api:8000", "FE80:0::1"]), {"api", "[fe80::1]"}, {"10.0.0.7"}),
        (settings_of(allowed_hosts=["*"]), {"evil.example"}, set()),
        (settings_of(public="https://facies.lab.org/api"), {"facies.lab.org"}, {"lab.org"}),
    ],
)
def test_the_names_that_the_service_answers_under(settings: Settings, yes: set[str], no: set[str]) -> None:
    assert {host for host in SELF | yes | no if answers(settings, host)} == SELF | yes


def test_listening_on_all_addresses_allows_no_name_of_that_kind() -> None:
    assert allowed_hosts(settings_of(host="0.0.0.0")) == {"localhost", "127.0.0.1", "::1"}  # noqa: S104 (see above)


@pytest.mark.parametrize(
    ("host", "origin", "opens"),
    [
        ("127.0.0.1:8000", "http://127.0.0.1:8000", True),
        ("127.0.0.1:8000", None, True),
        ("facies.lan", "https://facies.lan", True),
        ("127.0.0.1:8000", "https://atlas.example", True),
        ("127.0.0.1:8000", "http://127.0.0.1:9", False),
        ("127.0.0.1:8000", "http://evil.example", False),
        ("evil.example", "http://evil.example", False),
    ],
)
def test_a_socket_opens_to_pages_of_this_very_service(host: str, origin: str | None, opens: bool) -> None:
    """Browsers ask for no leave before they open one, and let any page read what it says."""
    settings = settings_of(allowed_hosts=("facies.lan",), cors_origins=("https://atlas.example",))
    reached: list[Scope] = []
    sent: list[Message] = []

    async def pages(scope: Scope, receive: Receive, send: Send) -> None:
        reached.append(scope)

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", host.encode())] + ([(b"origin", origin.encode())] if origin else [])
    scope = {"type": "websocket", "path": "/_stcore/stream", "headers": headers}
    asyncio.run(AccessGuard(pages, settings)(scope, receive, send))
    assert bool(reached) == opens
    assert [message["type"] for message in sent] == ([] if opens else ["websocket.close"])
