from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from facies.api.routes.files import MEDIA_TYPES, is_known, name_of
from facies.api.routes.images import parse_metadata
from facies.api.service import Service
from facies.core.client import Client
from facies.core.errors import (
    AccessError,
    CollectionExistsError,
    CollectionNotFoundError,
    ImageNotFoundError,
    JobNotFoundError,
    QueryError,
    UnknownModelError,
)
from facies.core.images import content_hash, decode_image
from facies.core.wire import CollectionBody, ImageOut, IndexBody
from facies.core.wire_classify import ClassifyBody
from facies.core.wire_search import Crop, Example, SearchBody

from .conftest import CARD


@pytest.fixture
def client(http: httpx.Client) -> Iterator[Client]:
    with Client(str(http.base_url)) as opened:
        yield opened


def first(client: Client) -> ImageOut:
    return client.images("g", limit=1).images[0]


# --- the service ---


def test_health_says_only_that_the_process_lives(http: httpx.Client, filled: Service) -> None:
    filled.workspace.close()
    assert http.get("/v1/health").json()["status"] == "ok"
    ready = http.get("/v1/ready")
    assert (ready.status_code, ready.json()["status"]) == (503, "unavailable")


def test_ready_names_store_and_catalogue(http: httpx.Client) -> None:
    ready = http.get("/v1/ready")
    assert ready.status_code == 200
    assert ready.json()["store"].startswith("edge")
    assert ready.json()["catalog"] == "ok"


def test_models_are_listed(client: Client) -> None:
    cards = {card.name: card for card in client.models()}
    assert cards[CARD].available
    assert cards[CARD].dim == 1280


# --- collections ---


def test_a_collection_lives_and_dies(http: httpx.Client, client: Client) -> None:
    response = http.post("/v1/collections", json={"name": "new", "model": CARD})
    assert response.status_code == 201
    assert [c.name for c in client.collections()] == ["g", "new"]
    with pytest.raises(CollectionExistsError):
        client.create_collection(CollectionBody(name="new"))
    assert http.delete("/v1/collections/new").status_code == 204
    with pytest.raises(CollectionNotFoundError, match="There are: g"):
        client.collection("new")


def test_mistakes_in_a_new_collection_are_told(client: Client) -> None:
    with pytest.raises(QueryError, match="cannot name a collection"):
        client.create_collection(CollectionBody(name="a b"))


def test_a_misspelt_field_is_refused(http: httpx.Client) -> None:
    response = http.post("/v1/collections", json={"name": "new", "modle": CARD})
    assert response.status_code == 422
    assert "body.modle" in response.json()["detail"]


# --- images ---


def test_an_original_is_the_file_itself(http: httpx.Client, client: Client) -> None:
    image = first(client)
    response = http.get(image.original)
    assert content_hash(response.content) == image.sha256
    assert response.headers["content-type"] == "image/png"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-disposition"].startswith("inline")
    assert "sandbox" in response.headers["content-security-policy"]
    again = http.get(image.original, headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    part = http.get(image.original, headers={"Range": "bytes=0-7"})
    assert (part.status_code, part.content) == (206, response.content[:8])


def test_an_original_is_rendered_for_viewers_that_cannot_read_it(http: httpx.Client, client: Client) -> None:
    image = first(client)
    response = http.get(image.original, params={"render": "png"})
    assert response.headers["content-type"] == "image/png"
    rendered = decode_image(response.content, "rendered", max_pixels=10**6).pixels
    original = decode_image(http.get(image.original).content, "original", max_pixels=10**6).pixels
    assert (rendered == original).all()


def test_a_thumbnail_may_be_kept_for_ever(http: httpx.Client, client: Client) -> None:
    response = http.get(first(client).thumbnail)
    assert response.headers["content-type"] == "image/jpeg"
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    again = http.get(first(client).thumbnail, headers={"If-None-Match": response.headers["etag"]})
    assert again.status_code == 304


def test_a_thumbnail_of_an_older_release_is_served_as_what_it_is(
    http: httpx.Client, client: Client, filled: Service
) -> None:
    image = first(client)
    path = filled.workspace.blobs.thumbnail(image.id)
    assert path is not None
    path.rename(path.with_suffix(".webp"))
    response = http.get(image.thumbnail)
    assert response.headers["content-type"] == "image/webp"
    assert f"{image.id}.webp" in response.headers["content-disposition"]


def test_a_missing_original_is_gone_and_its_thumbnail_stays(
    http: httpx.Client, client: Client, filled: Service
) -> None:
    image = first(client)
    filled.workspace.catalog.set_uri("g", image.sha256, "/nowhere/a.png")
    response = http.get(image.original)
    assert (response.status_code, response.json()["code"]) == (410, "OriginalMissingError")
    assert http.get(image.thumbnail).status_code == 200
    assert http.get(image.original, params={"render": "png"}).status_code == 410


def test_uploads_go_through_http(client: Client, gallery: Path) -> None:
    client.create_collection(CollectionBody(name="new", model=CARD))
    path = gallery / "well_log" / "0.png"
    out = client.upload_images(
        "new", [("a.png", path.read_bytes()), ("b.txt", b"words, words, words")], label="log", metadata={"depth_m": 3.5}
    )
    assert [r.status for r in out.results] == ["indexed", "failed"]
    image = client.image("new", out.results[0].ids[0])
    assert (image.label, image.metadata) == ("log", {"depth_m": 3.5})
    assert client.original("new", image.id) == path.read_bytes()
    assert client.collection("new").fields == {"depth_m": "float"}
    client.delete_image("new", image.id)
    with pytest.raises(ImageNotFoundError):
        client.image("new", image.id)


@pytest.mark.parametrize("name", ["label", "id", "sha256", "", 'a"b', "x" * 300])
def test_metadata_names_that_facies_uses_itself_are_refused(name: str) -> None:
    with pytest.raises(QueryError, match="metadata"):
        parse_metadata(json.dumps({name: "x"}))


@pytest.mark.parametrize(
    "text", ["{", "[]", "1", '{"a": null}', '{"a": [1]}', '{"a": true}', '{"a": NaN}', '{"a": {"b": 1}}', "[" * 10**5]
)
def test_metadata_is_a_flat_object(text: str) -> None:
    with pytest.raises(QueryError, match="metadata"):
        parse_metadata(text)


def test_reserved_metadata_names_are_refused(http: httpx.Client) -> None:
    response = http.post(
        "/v1/collections/g/images", data={"metadata": '{"label": "x"}'}, files={"files": ("a.png", b"x")}
    )
    assert (response.status_code, response.json()["code"]) == (422, "QueryError")


def test_a_request_without_files_is_refused(http: httpx.Client) -> None:
    response = http.post("/v1/collections/g/images", data={"label": "x"})
    assert response.status_code == 422
    assert "files" in response.json()["detail"]


# --- queries ---


def test_search_by_id_and_by_upload(client: Client, gallery: Path) -> None:
    image = first(client)
    by_id = client.search("g", SearchBody(positive=[Example(id=image.id)], k=4))
    assert len(by_id.neighbours) == 4
    assert image.id not in {n.id for n in by_id.neighbours}
    data = Path(image.path).read_bytes()
    by_upload = client.search("g", SearchBody(positive=[Example(upload=0)], k=4), [("a.png", data)])
    assert by_upload.neighbours[0].id == image.id
    assert [n.id for n in by_upload.neighbours[1:]] == [n.id for n in by_id.neighbours[:3]]


def test_side_by_side_by_id_and_by_upload(client: Client) -> None:
    image = first(client)
    body = SearchBody(positive=[Example(id=image.id)], k=4)
    by_id = client.search_side_by_side("g", body)
    assert by_id.lists == [client.search("g", body)]
    data = Path(image.path).read_bytes()
    by_upload = client.search_side_by_side("g", SearchBody(positive=[Example(upload=0)], k=4), [("a.png", data)])
    assert by_upload.lists[0].neighbours[0].id == image.id


def test_a_query_without_a_positive_example_says_why(http: httpx.Client, client: Client) -> None:
    only_negative = {"negative": [{"id": first(client).id}]}
    response = http.post("/v1/collections/g/search", json=only_negative)
    assert response.json()["detail"] == (
        "body: all examples are negative, so there is nothing to be near to; give at least one positive example"
    )
    files = {"files": ("a.png", b"x")}
    response = http.post("/v1/collections/g/search/upload", data={"query": "{}"}, files=files)
    assert "query: the query is empty" in response.json()["detail"]


def test_two_crops_of_one_upload_are_two_examples(client: Client) -> None:
    image = first(client)
    left, right = Crop(x=0, y=0, width=40, height=80), Crop(x=50, y=0, width=40, height=80)
    body = ClassifyBody(examples=[Example(upload=0, crop=left), Example(upload=0, crop=right)])
    answer = client.classify("g", body, [("a.png", Path(image.path).read_bytes())])
    assert [p.name for p in answer.predictions] == ["a.png", "a.png"]
    assert answer.predictions[0].neighbours != answer.predictions[1].neighbours


def test_classify_by_id_and_by_upload(client: Client) -> None:
    image = first(client)
    answer = client.classify("g", ClassifyBody(examples=[Example(id=image.id)], k=5))
    assert answer.predictions[0].name == image.id
    assert answer.predictions[0].top[0].label in {n.label for n in answer.predictions[0].neighbours}
    data = Path(image.path).read_bytes()
    uploaded = client.classify("g", ClassifyBody(examples=[Example(upload=0)], k=5), [("a.png", data)])
    assert uploaded.predictions[0].name == "a.png"
    assert uploaded.predictions[0].neighbours[0].id == image.id


def test_queries_that_make_no_sense_are_refused(http: httpx.Client, client: Client) -> None:
    example = Example(id=first(client).id)
    with pytest.raises(QueryError, match="expected 1 to 50, got 51"):
        client.search("g", SearchBody(positive=[example], k=51))
    with pytest.raises(QueryError, match="filter"):
        client.search("g", SearchBody(positive=[example], where={"x": 1}))
    with pytest.raises(ImageNotFoundError):
        client.search("g", SearchBody(positive=[Example(id="0b9a1a4e-5f43-5c5e-9d5e-2a0f3f6c1d2e")]))
    refused = http.post("/v1/collections/g/search", json={"positive": [{"id": "../../x"}]})
    assert (refused.status_code, refused.json()["code"]) == (422, "QueryError")
    assert "the id of an image is a UUID" in refused.json()["detail"]
    bodies: list[dict[str, Any]] = [
        {},
        {"positive": []},
        {"positive": [{"id": "a", "upload": 0}]},
        {"positive": [{"id": "a"}], "k": 0},
    ]
    for body in bodies:
        response = http.post("/v1/collections/g/search", json=body)
        assert (response.status_code, response.json()["code"]) == (422, "QueryError"), body


def test_deeply_nested_bodies_end_no_process(http: httpx.Client) -> None:
    deep = b'{"positive":[{"id":"a"}],"where":' + b'{"not":' * 50_000 + b"1" + b"}" * 50_001
    response = http.post("/v1/collections/g/search", content=deep, headers={"Content-Type": "application/json"})
    assert 400 <= response.status_code < 500
    files = {"files": ("a.png", b"x")}
    response = http.post("/v1/collections/g/search/upload", data={"query": deep.decode()}, files=files)
    assert response.status_code == 422
    assert http.get("/v1/health").status_code == 200


def test_clients_at_once_get_their_own_answers(client: Client) -> None:
    images = client.images("g").images

    def ask(image: ImageOut) -> bool:
        data = Path(image.path).read_bytes()
        found = client.search("g", SearchBody(positive=[Example(upload=0)], k=1), [("a.png", data)])
        return found.neighbours[0].id == image.id

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, images))


# --- jobs ---


def test_an_index_job_is_started_and_told_by_its_location(http: httpx.Client, client: Client, gallery: Path) -> None:
    response = http.post("/v1/collections/h/index", json={"path": str(gallery), "labels": "folder", "model": CARD})
    assert response.status_code == 202
    job = http.get(response.headers["location"]).json()
    assert (job["id"], job["kind"], job["state"]) == (response.json()["id"], "index", "queued")
    assert http.get(response.headers["location"]).headers["cache-control"] == "no-store"
    assert client.jobs.cancel(job["id"]).state == client.jobs.cancel(job["id"]).state == "cancelled"
    assert client.jobs.retry(job["id"]).state == "queued"


def test_index_jobs_outside_the_roots_or_of_unknown_models_are_refused(client: Client, gallery: Path) -> None:
    with pytest.raises(AccessError, match="FACIES_API__ALLOWED_ROOTS"):
        client.start_index("h", IndexBody(path="/etc"))
    with pytest.raises(UnknownModelError):
        client.start_index("h", IndexBody(path=str(gallery), model="nothing"))
    with pytest.raises(JobNotFoundError):
        client.jobs.get("nothing")
    assert client.jobs.list().jobs == []


# --- small parts ---


def test_names_are_the_last_part_of_a_uri() -> None:
    assert name_of("https://host/a/b.tif") == "b.tif"
    assert name_of("zip://x/c.png::/data/a.zip") == "c.png"


def test_every_format_has_a_media_type_that_is_an_image() -> None:
    assert set(MEDIA_TYPES) == {"JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP"}
    assert all(kind.startswith("image/") and "svg" not in kind for kind in MEDIA_TYPES.values())


@pytest.mark.parametrize(
    ("header", "known"), [('"a"', True), ('W/"a"', True), ('"b", "a"', True), ("*", True), ('"b"', False), ("", False)]
)
def test_a_client_may_hold_several_versions(header: str, known: bool) -> None:
    request = Request({"type": "http", "headers": [(b"if-none-match", header.encode())]})
    assert is_known(request, '"a"') is known


def test_the_answers_carry_what_the_promise_names(client: Client) -> None:
    found = client.search("g", SearchBody(positive=[Example(id=first(client).id)], k=1))
    neighbour = json.loads(found.model_dump_json())["neighbours"][0]
    assert {"id", "similarity", "label", "path", "thumbnail"} <= set(neighbour)
