"""Upkeep: the named vectors of a collection, what is taken for what, files that are bad or gone, the disk."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query

from facies.api.confusion import measure_confusion
from facies.api.dependencies import CollectionName, ServiceDep
from facies.api.routes.responses import problems
from facies.api.upkeep import find_missing_originals, list_bad_files, measure_storage
from facies.api.vectors import drop, list_vectors, set_default
from facies.core.wire_classify import ConfusionOut
from facies.core.wire_upkeep import BadFilesOut, DefaultVectorBody, MissingOriginalsOut, StorageOut, VectorStateOut

router = APIRouter(tags=["upkeep"])

_BODIES = {"default": {"summary": "Search by another model", "value": {"vector": "efficientnet-lite1"}}}
_OF = "/collections/{name}"
VectorNamed = Annotated[str, Path(description="A named vector of the collection.", examples=["efficientnet-lite0"])]


@router.get(_OF + "/vectors", summary="How the named vectors stand", responses=problems(404, 422, 503))
def read_vectors(service: ServiceDep, name: CollectionName) -> list[VectorStateOut]:
    """The named vectors, the default first, with the number of images that lack each."""
    return list_vectors(service, name)


@router.put(_OF + "/default-vector", summary="Search by another vector", responses=problems(404, 409, 422, 503))
def change_default_vector(
    service: ServiceDep, name: CollectionName, body: Annotated[DefaultVectorBody, Body(openapi_examples=_BODIES)]
) -> list[VectorStateOut]:
    """Let searches use a named vector from now on; refused while images lack it that have the present one."""
    return set_default(service, name, body.vector)


@router.delete(_OF + "/vectors/{vector}", summary="Drop a named vector", responses=problems(404, 409, 422, 503))
def drop_named_vector(service: ServiceDep, name: CollectionName, vector: VectorNamed) -> list[VectorStateOut]:
    """Take a named vector that is not the default away, with all its rows; gives those that are left."""
    return drop(service, name, vector)


@router.get(_OF + "/confusion", summary="What is taken for what", responses=problems(404, 422, 503))
def read_confusion(
    *,
    service: ServiceDep,
    name: CollectionName,
    vector: Annotated[str | None, Query(description="Named vector; the collection's default where empty.")] = None,
    group: Annotated[
        str | None, Query(description="Metadata field, e.g. slide; images of one never vouch for each other.")
    ] = None,
    precision: Annotated[
        float | None, Query(gt=0, lt=1, description="Also decide: a label, a set, or unknown.")
    ] = None,
) -> ConfusionOut:
    """Count the validated images by their label and the one that they would get, each named without itself."""
    return measure_confusion(service, name, vector=vector, group=group, precision=precision)


@router.get(_OF + "/bad-files", summary="Files that could not be read", responses=problems(404, 422))
def read_bad_files(service: ServiceDep, name: CollectionName) -> BadFilesOut:
    """What jobs could not read, with the reason; a later job over the same source has the last word."""
    return list_bad_files(service, name)


@router.get(_OF + "/missing-originals", summary="Originals that are gone", responses=problems(404, 422))
def read_missing_originals(service: ServiceDep, name: CollectionName) -> MissingOriginalsOut:
    """Images whose original is not where it was. Those behind a URL are not looked for."""
    return find_missing_originals(service, name)


@router.get("/storage", summary="What the data take", responses=problems(507))
def read_storage(service: ServiceDep) -> StorageOut:
    """The parts of the data folder, and what is free on its disk."""
    return measure_storage(service)
