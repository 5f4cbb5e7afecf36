"""Collections: create, list, show, delete."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Body, Response

from facies.api.collections import (
    create_collection,
    delete_whole_collection,
    describe_collection,
    list_collections,
    start_optimizing,
)
from facies.api.dependencies import CollectionName, ServiceDep
from facies.api.routes.responses import problems
from facies.core.wire import CollectionBody, CollectionOut, StoredOut

router = APIRouter(prefix="/collections", tags=["collections"])

_BODIES = {
    "preset": {"summary": "The model that suits the kind of image", "value": {"name": "m", "preset": "microfossils"}},
    "model": {"summary": "A model by name", "value": {"name": "figures", "model": "efficientnet-lite0"}},
}


@router.get("", summary="List collections", responses=problems(503))
def read_collections(service: ServiceDep) -> list[CollectionOut]:
    """All collections in order of name, with their counts."""
    return list_collections(service.workspace)


@router.post("", summary="Create a collection", status_code=201, responses=problems(404, 409, 422, 503, 507))
def add_collection(
    service: ServiceDep, body: Annotated[CollectionBody, Body(openapi_examples=_BODIES)]
) -> CollectionOut:
    """Make an empty collection for the vectors of one model: the one named, else the preset's."""
    return create_collection(service, body)


@router.get("/{name}", summary="Show a collection", responses=problems(404, 422, 503))
def read_collection(service: ServiceDep, name: CollectionName) -> CollectionOut:
    """One collection with its counts, labels, metadata fields, the values of keyword fields, and vectors."""
    return describe_collection(service, name)


@router.post("/{name}/optimize", summary="Build the graph", status_code=202, responses=problems(404, 409, 422, 503))
def optimize(service: ServiceDep, response: Response, name: CollectionName) -> StoredOut:
    """Build the graph over all vectors, and pack them as the settings say, in the background.

    Searches and writes go on meanwhile. `stored.optimizing` at `Location` tells when it is over.
    """
    response.headers["Location"] = f"/v1/collections/{quote(name, safe='')}"
    return start_optimizing(service, name)


@router.delete("/{name}", summary="Delete a collection", status_code=204, responses=problems(404, 409, 422))
def delete_collection(service: ServiceDep, name: CollectionName) -> None:
    """Delete a collection with its vectors and labels; files that were indexed in place stay where they are."""
    delete_whole_collection(service, name)
