"""Collections: create, list, show, delete."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Body, Response

from facies.api.actors import ActorDep
from facies.api.collections import (
    create_collection,
    delete_whole_collection,
    describe_collection,
    list_collections,
    start_optimizing,
)
from facies.api.dependencies import CollectionName, ServiceDep
from facies.api.indexing import start_index
from facies.api.routes.responses import problems
from facies.core.wire import CollectionBody, CollectionOut, IndexBody, StoredOut
from facies.core.wire_jobs import JobOut

router = APIRouter(prefix="/collections", tags=["collections"])

_BODIES = {
    "preset": {"summary": "The model that suits the kind of image", "value": {"name": "m", "preset": "microfossils"}},
    "model": {"summary": "A model by name", "value": {"name": "figures", "model": "efficientnet-lite0"}},
}
_INDEX = {"folder": {"summary": "A folder per label", "value": {"path": "/data/slides", "labels": "folder"}}}


@router.get("", summary="List collections", responses=problems(503))
def read_collections(service: ServiceDep) -> list[CollectionOut]:
    """All collections in order of name, with their counts."""
    return list_collections(service)


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
def optimize(service: ServiceDep, actor: ActorDep, response: Response, name: CollectionName) -> StoredOut:
    """Build the graph over all vectors, and pack them as the settings say, by a job of kind `optimise`.

    Searches and writes go on meanwhile. `stored.optimizing` at `Location` tells when it is over; `job` is the job.
    """
    response.headers["Location"] = f"/v1/collections/{quote(name, safe='')}"
    return start_optimizing(service, name, actor)


@router.post(
    "/{name}/index",
    summary="Index a path",
    tags=["jobs"],
    status_code=202,
    responses=problems(403, 404, 409, 422, 503, 507),
)
def index(
    service: ServiceDep,
    actor: ActorDep,
    response: Response,
    name: CollectionName,
    body: Annotated[IndexBody, Body(openapi_examples=_INDEX)],
) -> JobOut:
    """Index a folder, zip or manifest below the allowed roots, by a job of kind `index`; follow it at `Location`.

    A collection that does not exist is made. Jobs that write to one collection run one after the other.
    """
    job = start_index(service, name, body, actor)
    response.headers["Location"] = f"/v1/jobs/{quote(job.id, safe='')}"
    return job


@router.delete("/{name}", summary="Delete a collection", status_code=204, responses=problems(404, 409, 422))
def delete_collection(service: ServiceDep, name: CollectionName) -> None:
    """Delete a collection with its vectors and labels; files that were indexed in place stay where they are."""
    delete_whole_collection(service, name)
