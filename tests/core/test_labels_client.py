"""What the client sends; tests/api/test_labelling.py holds it against the real service."""

from __future__ import annotations

import json
from urllib.parse import unquote

import httpx

from facies.core.client import USER_HEADER, Client
from facies.core.wire_labels import LabelBody, LabelIn

ID = "0b9a1a4e-5f43-5c5e-9d5e-2a0f3f6c1d2e"
BATCH = {
    "number": 1,
    "collection": "a b",
    "source": "person",
    "actor": "李",
    "verified": False,
    "created_at": "2026-01-01T00:00:00Z",
    "provenance": {},
    "undoes": None,
    "in_effect": True,
    "images": 1,
}


def test_names_are_quoted_and_a_null_version_is_sent() -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json=BATCH)

    with Client("http://service", user="李", transport=httpx.MockTransport(answer)) as client:
        made = client.labels.give("a b", LabelBody(labels=[LabelIn(id=ID, label="x", seen=None)]))
        client.labels.undo("a b", 5)
    assert made.actor == "李"
    assert unquote(sent[0].headers[USER_HEADER]) == "李"
    assert sent[0].url.raw_path == b"/v1/collections/a%20b/labels"
    assert json.loads(sent[0].content) == {"labels": [{"id": ID, "label": "x", "seen": None}]}
    assert sent[1].url.raw_path == b"/v1/collections/a%20b/labels/batches/5/undo"
