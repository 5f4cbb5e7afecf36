"""Search and classify: as JSON where examples are ids, as a form where files come along."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Form

from facies.api.classify import classify_images
from facies.api.counting import count_images
from facies.api.dependencies import CollectionName, Files, ServiceDep, uploads_of
from facies.api.routes.responses import problems
from facies.api.search import search_images
from facies.api.side_by_side import search_side_by_side
from facies.api.validation import parse_body
from facies.core.wire_classify import ClassifyBody, ClassifyOut
from facies.core.wire_search import CountBody, CountOut, SearchBody, SearchOut, SideBySideOut

router = APIRouter(prefix="/collections/{name}", tags=["queries"])

_ID = "0b9a1a4e-5f43-5c5e-9d5e-2a0f3f6c1d2e"
_OTHER = "5c2f0d1e-7b1a-5f0e-8a4c-9d3b6e7f8a90"
_THIRD = "9e8d7c6b-5a49-5382-9170-6f5e4d3c2b1a"
_SEARCHES = {
    "similar": {"summary": "Images like one image", "value": {"positive": [{"id": _ID}], "k": 5}},
    "crop": {
        "summary": "Images like a part of an image, in a range of depths",
        "value": {
            "positive": [{"id": _ID, "crop": {"x": 10, "y": 20, "width": 100, "height": 80}}],
            "where": {"field": "depth_m", "range": {"gte": 1200, "lt": 1300}},
        },
    },
    "composed": {
        "summary": "More like two images and less like a third, one of each slide, re-ranked",
        "value": {
            "positive": [{"id": _ID}, {"id": _OTHER}],
            "negative": [{"id": _THIRD}],
            "rerank": True,
            "group_by": "slide",
            "fold": 0.98,
        },
    },
}
_COUNTS = {
    "filtered": {
        "summary": "Images of a range of depths, and their labels",
        "value": {
            "where": {"field": "depth_m", "range": {"gte": 1200}},
            "by": {"label": {"field": "depth_m", "range": {"gte": 1200}}},
        },
    },
}
_CLASSIFICATIONS = {"one": {"summary": "Name one image", "value": {"examples": [{"id": _ID}], "k": 15, "top": 3}}}
_FORM = "The query as JSON; its examples name the files by position, from 0."
SearchForm = Annotated[str, Form(description=_FORM, examples=['{"positive": [{"upload": 0}], "k": 5}'])]
ClassifyForm = Annotated[str, Form(description=_FORM, examples=['{"examples": [{"upload": 0}], "top": 3}'])]
_ERRORS = problems(404, 409, 410, 413, 422, 503)


@router.post("/search", summary="Find similar images", responses=_ERRORS)
def search(
    service: ServiceDep, name: CollectionName, body: Annotated[SearchBody, Body(openapi_examples=_SEARCHES)]
) -> SearchOut:
    """Find the images most similar to images of the collection, or to crops of them.

    Images given whole do not come back themselves; the image that a crop was cut from may.
    """
    return search_images(service, name, body)


@router.post("/search/upload", summary="Find images similar to uploaded ones", responses=_ERRORS)
def search_with_uploads(service: ServiceDep, name: CollectionName, query: SearchForm, files: Files) -> SearchOut:
    """As `search`, with files: `query` is the same body as JSON, whose examples may name uploads by position.

    An uploaded image that is in the collection comes back first.
    """
    body = parse_body(SearchBody, query, "query")
    return search_images(service, name, body, uploads_of(files))


@router.post("/search/side-by-side", summary="Find similar images in several named vectors", responses=_ERRORS)
def search_apart(
    service: ServiceDep, name: CollectionName, body: Annotated[SearchBody, Body(openapi_examples=_SEARCHES)]
) -> SideBySideOut:
    """The answers of `search` in each of `vectors`, not fused; in all of the collection where none is named."""
    return search_side_by_side(service, name, body)


@router.post(
    "/search/side-by-side/upload", summary="Find images similar to uploaded ones, by vectors", responses=_ERRORS
)
def search_apart_with_uploads(
    service: ServiceDep, name: CollectionName, query: SearchForm, files: Files
) -> SideBySideOut:
    """As `search_apart`, with files: `query` is the same body as JSON, whose examples may name uploads by position."""
    body = parse_body(SearchBody, query, "query")
    return search_side_by_side(service, name, body, uploads_of(files))


@router.post("/classify", summary="Name images from their neighbours", responses=_ERRORS)
def classify(
    service: ServiceDep, name: CollectionName, body: Annotated[ClassifyBody, Body(openapi_examples=_CLASSIFICATIONS)]
) -> ClassifyOut:
    """The validated neighbours of each example vote for their labels, weighted by similarity."""
    return classify_images(service, name, body)


@router.post("/classify/upload", summary="Name uploaded images from their neighbours", responses=_ERRORS)
def classify_with_uploads(service: ServiceDep, name: CollectionName, query: ClassifyForm, files: Files) -> ClassifyOut:
    """As `classify`, with files: `query` is the same body as JSON, whose examples may name uploads by position."""
    body = parse_body(ClassifyBody, query, "query")
    return classify_images(service, name, body, uploads_of(files))


@router.post("/count", summary="Count images", responses=problems(404, 422, 503))
def count(
    service: ServiceDep, name: CollectionName, body: Annotated[CountBody, Body(openapi_examples=_COUNTS)]
) -> CountOut:
    """Count the images that pass a filter, and by value of some fields, each under a filter of its own."""
    return count_images(service, name, body)
