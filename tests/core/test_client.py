"""The client against canned answers; tests/api holds it against the real service."""

import inspect
import json
from collections.abc import Callable

import httpx
import pytest

from facies.core import errors
from facies.core.client import Client
from facies.core.wire_search import Example, SearchBody

KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.FaciesError) and kind.__module__ == errors.__name__
]


def client_of(answer: Callable[[httpx.Request], httpx.Response]) -> Client:
    return Client("http://service/", transport=httpx.MockTransport(answer))


@pytest.mark.parametrize("kind", KINDS)
def test_each_error_comes_back_as_its_own_class(kind: type[errors.FaciesError]) -> None:
    problem = {"title": "t", "status": 422, "detail": "what to do", "code": kind.__name__}
    with (
        client_of(lambda _: httpx.Response(422, json=problem)) as client,
        pytest.raises(kind, match="what to do") as caught,
    ):
        client.collections()
    assert type(caught.value) is kind


@pytest.mark.parametrize("code", ["SystemExit", "inspect", "Path", "NoSuchError"])
def test_a_code_that_is_no_error_of_ours_is_a_plain_one(code: str) -> None:
    problem = {"title": "t", "status": 500, "detail": "d", "code": code}
    with client_of(lambda _: httpx.Response(500, json=problem)) as client, pytest.raises(errors.FaciesError) as caught:
        client.health()
    assert type(caught.value) is errors.FaciesError


@pytest.mark.parametrize(
    "response", [httpx.Response(502, text="<html>"), httpx.Response(200, text="[]"), httpx.Response(200, text="x")]
)
def test_an_answer_that_is_not_ours_says_so(response: httpx.Response) -> None:
    with client_of(lambda _: response) as client, pytest.raises(errors.ServiceUnavailableError, match="http://service"):
        client.health()


def test_nobody_there_names_the_address_and_the_remedy() -> None:
    with (
        Client("http://127.0.0.1:9", timeout_s=2) as client,
        pytest.raises(errors.ServiceUnavailableError, match="facies up") as caught,
    ):
        client.health()
    assert "http://127.0.0.1:9" in caught.value.message


@pytest.mark.parametrize("url", ["nonsense", "", "ftp://host", "http://", "http://host:port", "127.0.0.1:8000"])
def test_an_address_that_is_none_is_a_configuration_error(url: str) -> None:
    with pytest.raises(errors.ConfigurationError, match="http://HOST:PORT"):
        Client(url)


def test_names_are_quoted_in_paths() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.raw_path.decode())
        return httpx.Response(204)

    with client_of(answer) as client:
        client.delete_image("a/b ?", "../x")
    assert seen == ["/v1/collections/a%2Fb%20%3F/images/..%2Fx"]


def test_files_go_as_multipart_beside_the_query() -> None:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        request.read()
        requests.append(request)
        return httpx.Response(200, json={"collection": "c", "vector": "v", "k": 3, "offset": 0, "neighbours": []})

    with client_of(answer) as client:
        client.search("c", SearchBody(positive=[Example(upload=0)], k=3), files=[("grain.jpg", b"bytes")])
        client.search("c", SearchBody(positive=[Example(id="0b9a1a4e-5f43-5c5e-9d5e-2a0f3f6c1d2e")]))
    with_file, plain = requests
    assert with_file.url.path == "/v1/collections/c/search/upload"
    assert b'filename="grain.jpg"' in with_file.content
    assert b'{"positive":[{"upload":0}],"k":3}' in with_file.content
    assert plain.url.path == "/v1/collections/c/search"
    assert json.loads(plain.content) == {"positive": [{"id": "0b9a1a4e-5f43-5c5e-9d5e-2a0f3f6c1d2e"}]}


def test_several_vectors_side_by_side_have_a_path_of_their_own() -> None:
    paths: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.path)
        return httpx.Response(200, json={"collection": "c", "lists": []})

    with client_of(answer) as client:
        body = SearchBody(positive=[Example(upload=0)], vectors=["v", "w"])
        assert client.search_side_by_side("c", body, files=[("grain.jpg", b"bytes")]).lists == []
        client.search_side_by_side("c", SearchBody(positive=[Example(id="0b9a1a4e-5f43-5c5e-9d5e-2a0f3f6c1d2e")]))
    assert paths == ["/v1/collections/c/search/side-by-side/upload", "/v1/collections/c/search/side-by-side"]
