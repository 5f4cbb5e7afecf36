"""What the client sends; tests/api/test_growing.py and test_review.py hold it against the real service."""

from __future__ import annotations

import json

import httpx

from facies.core.client import Client
from facies.core.wire_review import QueueBody, UnknownsBody

QUEUE = {"by": "errors", "collection": "a b", "vector": "v", "looked_at": 3, "items": [], "notes": ["x"]}
UNKNOWNS = {
    "collection": "a b",
    "vector": "v",
    "looked_at": 0,
    "gate": None,
    "unknown": 0,
    "groups": [],
    "apart": [],
    "notes": [],
}


def test_names_are_quoted_and_defaults_left_out() -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json=QUEUE if request.url.path.endswith("queue") else UNKNOWNS)

    with Client("http://service", transport=httpx.MockTransport(answer)) as client:
        assert client.review.queue("a b", QueueBody(by="errors", limit=50)).notes == ["x"]
        client.review.unknowns("a b", UnknownsBody(fewest=7))
        client.review.unknowns("a b", UnknownsBody(), give=True)
    assert [request.url.raw_path for request in sent] == [
        b"/v1/collections/a%20b/review/queue",
        b"/v1/collections/a%20b/review/unknowns",
        b"/v1/collections/a%20b/review/unknowns/name",
    ]
    assert [json.loads(request.content) for request in sent] == [{"by": "errors"}, {"fewest": 7}, {}]
