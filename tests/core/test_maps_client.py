"""What the client sends; tests/api holds it against the real service."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx

from facies.core.client import Client
from facies.core.maps_client import MapsClient
from facies.core.wire_maps import LassoBody


def asked(call: Callable[[MapsClient], object], answer: object) -> httpx.Request:
    requests: list[httpx.Request] = []

    def reply(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json=answer)

    with Client("http://service/", transport=httpx.MockTransport(reply)) as client:
        call(client.maps)
    (request,) = requests
    return request


def test_names_are_quoted_in_paths() -> None:
    assert asked(lambda client: client.maps("a/b"), []).url.raw_path == b"/v1/collections/a%2Fb/maps"
    assert asked(lambda client: client.delete_map("a/b", 3), {}).url.raw_path == b"/v1/collections/a%2Fb/maps/3"


def test_only_what_was_said_is_sent() -> None:
    body = LassoBody(polygon=[(0, 0), (1, 0), (1, 1)], limit=5)
    request = asked(
        lambda client: client.lasso("c", 2, body), {"map": 2, "count": 0, "ids": [], "images": [], "labels": {}}
    )
    assert json.loads(request.content) == {"polygon": [[0, 0], [1, 0], [1, 1]], "limit": 5}
