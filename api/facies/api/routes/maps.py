"""Maps of a collection: positions and colours as binary columns, and what a lasso encloses."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from facies.api import lassos, maps
from facies.api.actors import ActorDep
from facies.api.dependencies import CollectionName, ServiceDep
from facies.api.map_columns import Colouring
from facies.api.routes.files import IMMUTABLE, REVALIDATE, bytes_answer, is_known, not_modified
from facies.api.routes.responses import Documented, problems
from facies.core.wire import ImageOut
from facies.core.wire_maps import LassoBody, LassoLabelBody, LassoLabelsOut, LassoOut, LegendOut, MapOut

router = APIRouter(prefix="/collections/{name}/maps", tags=["maps"])

MapNumber = Annotated[int, Path(ge=0, le=2**63 - 1, description="Number of a map.", examples=[3])]
Parts = Annotated[int | None, Query(ge=1, description="Only what came with the first parts; all where left out.")]
Made = Annotated[
    int | None, Query(description="When the map was made, as its paths have it: no other map ever has this address.")
]

_READS, _WRITES = problems(404, 409, 422, 503), problems(404, 409, 422, 503, 507)
_BINARY: dict[str, Any] = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_COLUMN: Documented = {200: {"description": "One value for each point, little endian.", "content": _BINARY}}
_TABLE: Documented = {200: {"description": "The table.", "content": {"text/csv": {"schema": {"type": "string"}}}}}
_TYPE = "application/octet-stream"
_FOR_AN_HOUR = "private, max-age=3600"


def get_colouring(
    parts: Parts = None,
    by: Annotated[
        str, Query(max_length=255, description="`label`, `state`, or a field.", examples=["label"])
    ] = "label",
    rank: Annotated[str | None, Query(max_length=40, description="Rank of the taxonomy, for labels.")] = None,
) -> Colouring:
    """What a map is to be coloured by."""
    return Colouring(by, rank, parts)


ColouringDep = Annotated[Colouring, Depends(get_colouring)]


@router.get("", summary="List maps", responses=_READS)
def read_maps(service: ServiceDep, name: CollectionName) -> list[MapOut]:
    """The maps of a collection, the newest first. A job of kind `map` makes and completes them."""
    return maps.list_maps(service, name)


@router.get("/newest", summary="Show the newest map", responses=_READS)
def read_newest(service: ServiceDep, name: CollectionName) -> MapOut:
    """The newest map of a collection; while the first one is being laid out, the principal plane."""
    return maps.show_map(service, name, None)


@router.get("/{number}", summary="Show a map", responses=_READS)
def read_map(service: ServiceDep, name: CollectionName, number: MapNumber) -> MapOut:
    """One map: how it was made, and where its positions are."""
    return maps.show_map(service, name, number)


@router.delete("/{number}", summary="Delete a map", status_code=204, responses=_WRITES)
def delete_map(service: ServiceDep, name: CollectionName, number: MapNumber) -> None:
    """Delete a map; images and labels stay."""
    maps.delete_map(service, name, number)


@router.get(
    "/{number}/positions",
    summary="Positions of a map",
    response_class=Response,
    responses={**_READS, **_COLUMN},
)
def read_positions(
    service: ServiceDep,
    request: Request,
    name: CollectionName,
    number: MapNumber,
    *,
    parts: Parts = None,
    made: Made = None,
) -> Response:
    """Two float32 for each point, x and y. With `parts` and `made` the answer never changes."""
    data = maps.read_positions(service, name, number, parts)
    cache = REVALIDATE if parts is None or made is None else IMMUTABLE
    etag = f'"{hashlib.sha256(data).hexdigest()}"'
    if is_known(request, etag):
        return not_modified(etag, cache)
    return bytes_answer(data, name=f"map-{number}.f4", media_type=_TYPE, etag=etag, cache=cache)


@router.get("/{number}/legend", summary="What the colours of a map mean", responses=_READS)
def read_legend(service: ServiceDep, name: CollectionName, number: MapNumber, colouring: ColouringDep) -> LegendOut:
    """Categories with their counts and codes, or the range of numbers, and the path of the column that has them."""
    return maps.show_legend(service, name, number, colouring)


@router.get("/{number}/column", summary="Colours of a map", response_class=Response, responses={**_READS, **_COLUMN})
def read_column(
    service: ServiceDep,
    name: CollectionName,
    number: MapNumber,
    colouring: ColouringDep,
    *,
    revision: Annotated[str, Query(max_length=300, description="As the legend has it.")],
    made: Made = None,
) -> Response:
    """One code or number for each point. Where labels have changed since the legend, 409: ask for it again."""
    data = maps.read_column(service, name, number, colouring, revision)
    cache = REVALIDATE if made is None else IMMUTABLE
    etag = f'"{hashlib.sha256(data).hexdigest()}"'
    return bytes_answer(data, name=f"map-{number}-column", media_type=_TYPE, etag=etag, cache=cache)


@router.get("/{number}/points/{index}", summary="The image of a point", responses=_READS)
def read_point(
    service: ServiceDep, name: CollectionName, number: MapNumber, index: Annotated[int, Path(ge=0)]
) -> ImageOut:
    """What the catalogue knows of the image; points are counted from 0 in the order of the positions."""
    return maps.show_point(service, name, number, index)


@router.get(
    "/{number}/points/{index}/thumbnail",
    summary="The thumbnail of a point",
    status_code=307,
    response_class=RedirectResponse,
    responses=_READS,
)
def read_point_thumbnail(
    service: ServiceDep, name: CollectionName, number: MapNumber, index: Annotated[int, Path(ge=0)]
) -> RedirectResponse:
    """To the thumbnail of the image."""
    image_id = maps.id_of_point(service, name, number, index)
    return RedirectResponse(f"../../../../images/{image_id}/thumbnail", headers={"Cache-Control": _FOR_AN_HOUR})


@router.post("/{number}/lasso", summary="What a polygon encloses", responses=_READS)
def read_lasso(service: ServiceDep, name: CollectionName, number: MapNumber, body: LassoBody) -> LassoOut:
    """Count, ids and images, those nearest to the middle first."""
    return lassos.enclose(service, name, number, body)


@router.post("/{number}/lasso/labels", summary="Label what a polygon encloses", responses=_WRITES)
def label_lasso(
    service: ServiceDep,
    name: CollectionName,
    number: MapNumber,
    body: Annotated[LassoLabelBody, Body()],
    actor: ActorDep,
) -> LassoLabelsOut:
    """Give all of them a label as one batch, which can be undone. What somebody has validated stays, unless told."""
    return lassos.label_enclosed(service, name, number, body, actor)


@router.post(
    "/{number}/lasso/table",
    summary="What a polygon encloses, as CSV",
    response_class=Response,
    responses={**_READS, **_TABLE},
)
def export_lasso(service: ServiceDep, name: CollectionName, number: MapNumber, body: LassoBody) -> Response:
    """Id, path, label, state and position of each image."""
    return Response(lassos.export_enclosed(service, name, number, body), media_type="text/csv; charset=utf-8")
