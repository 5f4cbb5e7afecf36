"""What the client sends; tests/api holds it against the real service."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx

from facies.core.client import Client
from facies.core.taxonomy_client import TaxonomyClient
from facies.core.wire_taxonomy import MergeLabelsBody


def asked(call: Callable[[TaxonomyClient], object], answer: object) -> httpx.Request:
    requests: list[httpx.Request] = []

    def reply(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json=answer)

    with Client("http://service/", transport=httpx.MockTransport(reply)) as client:
        call(client.taxonomy)
    (request,) = requests
    return request


def test_names_are_quoted_in_paths() -> None:
    use = {"collection": "a/b", "taxonomy": None}
    request = asked(lambda client: client.use_taxonomy("a/b", None), use)
    assert (request.method, request.url.raw_path) == ("PUT", b"/v1/collections/a%2Fb/taxonomy")
    assert json.loads(request.content) == {"taxonomy": None}
    assert asked(lambda client: client.delete_taxonomy("a/b"), {}).url.raw_path == b"/v1/taxonomies/a%2Fb"


def test_a_file_goes_as_a_form_with_what_was_said_of_it() -> None:
    summary = {"name": "t", "title": "", "taxa": 1, "source": "", "licence": "", "imported_at": None, "collections": []}
    answer = {"taxonomy": summary, "notes": []}
    request = asked(lambda client: client.import_taxonomy(("t.csv", b"name\na\n"), name="t", replace=True), answer)
    body = request.read().decode()
    for part in ('name="name"\r\n\r\nt\r\n', 'name="replace"\r\n\r\ntrue\r\n', 'filename="t.csv"', "name\na\n"):
        assert part in body
    assert 'name="title"' not in body


def test_pairs_go_as_they_are() -> None:
    answer: dict[str, object] = {"collection": "g", "taxonomy": "t", "batch": None, "images": 0, "merged": {}}
    request = asked(lambda client: client.merge_labels("g", MergeLabelsBody(pairs={"a": "b"})), answer)
    assert request.url.path == "/v1/collections/g/taxonomy/merge"
    assert json.loads(request.content) == {"pairs": {"a": "b"}, "settled": False}
