"""What the service of the tests answers about collections, images, searches and taxonomies."""

from __future__ import annotations

import json
from typing import Any

import httpx

from facies.core import wire, wire_classify, wire_search, wire_taxonomy
from tests.ui.answers import LABELS, checked_out, collection_out, summary_out, taxonomy_out
from tests.ui.fake_routes import Reply, Routes, problem
from tests.ui.fake_state import FakeState

route = Routes()


@route("GET", "/health")
def health(held: FakeState, request: httpx.Request) -> Reply:
    return wire.HealthOut(status="ok", version="0", store="ok", catalog="ok")


@route("GET", "/models")
def models(held: FakeState, request: httpx.Request) -> Reply:
    return [model_out("lite0", available=True), model_out("vits", available=False)]


def model_out(name: str, *, available: bool) -> wire.ModelOut:
    return wire.ModelOut(
        name=name,
        title=f"Title of {name}",
        publication="A. Author (2020)",
        licence="Apache-2.0",
        input_px=224,
        dim=4,
        available=available,
        sources=["packaged"],
        notes="",
    )


# --- collections ---


@route("GET", "/collections")
def collections(held: FakeState, request: httpx.Request) -> Reply:
    return held.collections


@route("POST", "/collections")
def make_collection(held: FakeState, request: httpx.Request) -> Reply:
    made = collection_out(json.loads(request.content)["name"], images=0, notes=["lite0 is used instead"])
    held.collections.append(made)
    return made


@route("GET", "/collections/{name}")
def collection(held: FakeState, request: httpx.Request, name: str) -> Reply:
    found = next((c for c in held.collections if c.name == name), None)
    if found is None:
        return problem(404, "CollectionNotFoundError", f"no collection {name!r}")
    return found.model_copy(update={"facets": {"well": {"6407/6-5": found.images}}})


@route("DELETE", "/collections/{name}")
def delete_collection(held: FakeState, request: httpx.Request, name: str) -> Reply:
    held.collections = [c for c in held.collections if c.name != name]
    return None


@route("POST", "/collections/{name}/index")
def index(held: FakeState, request: httpx.Request, name: str) -> Reply:
    return held.jobs[0]


# --- images ---


@route("GET", "/collections/{name}/images")
def images(held: FakeState, request: httpx.Request, name: str) -> Reply:
    offset, limit = (int(request.url.params[name]) for name in ("offset", "limit"))
    label = request.url.params.get("label")
    passing = [i for i in held.images if label in (None, i.label)]
    return wire.ImagePage(total=len(passing), offset=offset, images=passing[offset : offset + limit])


@route("GET", "/collections/{name}/images/{image_id}")
def image(held: FakeState, request: httpx.Request, name: str, image_id: str) -> Reply:
    found = next((i for i in held.images if i.id == image_id), None)
    return found or problem(404, "ImageNotFoundError", f"collection {name!r} holds no image {image_id!r}")


@route("DELETE", "/collections/{name}/images/{image_id}")
def delete_image(held: FakeState, request: httpx.Request, name: str, image_id: str) -> Reply:
    held.images = [one for one in held.images if one.id != image_id]
    return None


# --- asking ---


@route("POST", "/collections/{name}/search")
@route("POST", "/collections/{name}/search/upload")
def search(held: FakeState, request: httpx.Request, name: str) -> Reply:
    return neighbours(held, name, query_of(request))


@route("POST", "/collections/{name}/search/side-by-side")
def side_by_side(held: FakeState, request: httpx.Request, name: str) -> Reply:
    query = query_of(request)
    told = neighbours(held, name, query)
    return wire_search.SideBySideOut(
        collection=name, lists=[told.model_copy(update={"vector": vector}) for vector in query["vectors"]]
    )


def query_of(request: httpx.Request) -> dict[str, Any]:
    sent: dict[str, Any] = json.loads(request.content) if "json" in request.headers["content-type"] else {}
    return sent


def neighbours(held: FakeState, name: str, query: dict[str, Any]) -> wire_search.SearchOut:
    offset, k = query.get("offset", 0), query.get("k", 10)
    found = [
        wire_search.NeighbourOut(**i.model_dump(), similarity=0.9 - 0.01 * place) for place, i in enumerate(held.images)
    ]
    return wire_search.SearchOut(
        collection=name, vector="lite0", k=k, offset=offset, neighbours=found[offset : offset + k]
    )


@route("POST", "/collections/{name}/count")
def count(held: FakeState, request: httpx.Request, name: str) -> Reply:
    by = {"label": LABELS, "state": {"validated": 5}, "well": {"6407/6-5": 4, "34/10-1": 1}}
    asked = json.loads(request.content).get("by", {})
    return wire_search.CountOut(collection=name, images=held.passing, by={field: by[field] for field in asked})


@route("POST", "/collections/{name}/classify")
def classify(held: FakeState, request: httpx.Request, name: str) -> Reply:
    votes = [wire_classify.PredictionOut(label="azolla", probability=0.75)]
    one = wire_classify.ClassifiedOut(name="x", top=votes, neighbours=[])
    return wire_classify.ClassifyOut(collection=name, vector="lite0", k=15, predictions=[one])


# --- taxonomies ---


@route("GET", "/taxonomies")
def taxonomies(held: FakeState, request: httpx.Request) -> Reply:
    return held.taxonomies


@route("POST", "/taxonomies")
def import_taxonomy(held: FakeState, request: httpx.Request) -> Reply:
    told = wire_taxonomy.ImportedTaxonomyOut(taxonomy=summary_out("mine"), notes=["two rows without a name"])
    held.taxonomies.append(told.taxonomy)
    return told


@route("GET", "/taxonomies/{name}")
def taxonomy(held: FakeState, request: httpx.Request, name: str) -> Reply:
    return taxonomy_out(name)


@route("DELETE", "/taxonomies/{name}")
def delete_taxonomy(held: FakeState, request: httpx.Request, name: str) -> Reply:
    held.taxonomies = [one for one in held.taxonomies if one.name != name]
    return None


@route("GET", "/collections/{name}/taxonomy")
def own_taxonomy(held: FakeState, request: httpx.Request, name: str) -> Reply:
    return wire_taxonomy.CollectionTaxonomyOut(collection=name, taxonomy=held.taxonomy)


@route("PUT", "/collections/{name}/taxonomy")
def give_taxonomy(held: FakeState, request: httpx.Request, name: str) -> Reply:
    held.taxonomy = json.loads(request.content)["taxonomy"]
    return own_taxonomy(held, request, name)


@route("GET", "/collections/{name}/taxonomy/labels")
def check_labels(held: FakeState, request: httpx.Request, name: str) -> Reply:
    return checked_out(name)


@route("POST", "/collections/{name}/taxonomy/merge")
def merge_labels(held: FakeState, request: httpx.Request, name: str) -> Reply:
    merged = {"azola": "azolla"}
    return wire_taxonomy.MergedLabelsOut(collection=name, taxonomy="drawn", batch=9, images=2, merged=merged)
