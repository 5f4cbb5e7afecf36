"""What the client sends; tests/api holds it against the real service."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx

from facies.core.client import Client
from facies.core.upkeep_client import UpkeepClient


def asked(call: Callable[[UpkeepClient], object], answer: object) -> httpx.Request:
    requests: list[httpx.Request] = []

    def reply(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json=answer)

    with Client("http://service/", transport=httpx.MockTransport(reply)) as client:
        call(client.upkeep)
    (request,) = requests
    return request


def test_names_are_quoted_in_paths() -> None:
    request = asked(lambda client: client.drop_vector("a/b", "c/d"), [])
    assert (request.method, request.url.raw_path) == ("DELETE", b"/v1/collections/a%2Fb/vectors/c%2Fd")
    request = asked(lambda client: client.set_default_vector("a/b", "c/d"), [])
    assert (request.method, request.url.raw_path) == ("PUT", b"/v1/collections/a%2Fb/default-vector")
    assert json.loads(request.content) == {"vector": "c/d"}


def test_only_what_was_said_is_asked() -> None:
    answer = {
        "collection": "c",
        "vector": "v",
        "way": "votes",
        "validated": 0,
        "calibration_error": 0.0,
        "precision": None,
        "cells": [],
        "notes": [],
    }
    assert dict(asked(lambda client: client.confusion("c"), answer).url.params) == {}
    request = asked(lambda client: client.confusion("c", group="slide", precision=0.9), answer)
    assert dict(request.url.params) == {"group": "slide", "precision": "0.9"}
