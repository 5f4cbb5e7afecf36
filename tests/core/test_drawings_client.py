"""What the client sends; tests/api holds it against the real service."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest

from facies.core.client import Client
from facies.core.drawings_client import PREVIEW_HEADER, DrawingsClient
from facies.core.errors import PreviewSupersededError
from facies.core.wire_drawings import PicturePlace, PreviewBody, PreviewOut, StrokeBody, StrokeChange, WindowBody


def asked(call: Callable[[DrawingsClient], object], answer: httpx.Response) -> httpx.Request:
    requests: list[httpx.Request] = []

    def reply(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return answer

    with Client("http://service/", transport=httpx.MockTransport(reply)) as client:
        call(client.drawings)
    (request,) = requests
    return request


def test_ids_are_quoted_in_paths() -> None:
    request = asked(lambda client: client.delete("a/b"), httpx.Response(204))
    assert (request.method, request.url.raw_path) == ("DELETE", b"/v1/drawings/a%2Fb")
    request = asked(lambda client: client.stroke_file("a", "b/c"), httpx.Response(200, content=b"{}"))
    assert request.url.raw_path == b"/v1/drawings/a/pictures/b%2Fc/strokes.json"


def test_strokes_are_sent_as_files_spell_them() -> None:
    body = StrokeChange(add=[StrokeBody(id=5, class_id=2, width=9, points=[(1, 2)])])
    answer = httpx.Response(200, json={"revision": 4, "strokes": 1, "by_class": {"2": 1}})
    request = asked(lambda client: client.change_strokes("d", "p", body), answer)
    assert json.loads(request.content) == {"add": [{"id": 5, "class": 2, "width": 9, "points": [[1, 2]]}]}


def test_a_place_that_is_taken_back_is_sent() -> None:
    seen = asked(
        lambda client: client.place_picture("d", "p", PicturePlace(top_m=None)),
        httpx.Response(
            200,
            json={"id": "d", "title": "", "task": "core", "classes": [], "pictures": [], "runs": [], "path": "/v1"}
            | {"created_at": "2026-01-01T00:00:00Z", "changed_at": "2026-01-01T00:00:00Z"},
        ),
    )
    assert json.loads(seen.content) == {"top_m": None}


def test_a_preview_without_content_was_superseded() -> None:
    body = PreviewBody(window=WindowBody(width=1, height=1), turn=3)
    with pytest.raises(PreviewSupersededError, match="preview 3"):
        asked(lambda client: client.preview("d", "p", body), httpx.Response(204))


def test_what_is_said_of_a_preview_stands_in_a_header() -> None:
    window = WindowBody(x=0, y=8, width=4, height=4)
    told = PreviewOut(window=window, step=1, fractions={3: 1.0}, uncertainty=0.25, seconds=0.1)
    answer = httpx.Response(200, content=b"png", headers={PREVIEW_HEADER: told.model_dump_json()})
    found: list[object] = []
    asked(lambda client: found.append(client.preview("d", "p", PreviewBody(window=window))), answer)
    assert found == [(told, b"png")]
