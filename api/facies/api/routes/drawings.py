"""Drawings: pictures with strokes on them, previews, and jobs that name all of it."""

from __future__ import annotations

import json
from pathlib import Path as FilePath
from typing import Annotated

from fastapi import APIRouter, File, Path, Request, Response, UploadFile

from facies.api.actors import ActorDep
from facies.api.dependencies import ServiceDep, named_files
from facies.api.drawings import masks, pictures, previews, removal, runs, strokes, views
from facies.api.drawings.store import DrawingStore, find_picture
from facies.api.routes.files import IMMUTABLE, bytes_answer, file_answer, is_known, not_modified
from facies.api.routes.responses import Documented, problems
from facies.core.drawings_client import PREVIEW_HEADER
from facies.core.errors import PreviewSupersededError
from facies.core.images import content_hash
from facies.core.wire_drawings import (
    DrawingBody,
    DrawingChange,
    DrawingOut,
    PictureBody,
    PicturePlace,
    PreviewBody,
    RevisionOut,
    RunBody,
    StrokeChange,
    StrokeFileBody,
    StrokesOut,
)
from facies.core.wire_jobs import JobOut
from facies.indexer.segmentation.labelled_pixels import UNLABELLED
from facies.indexer.segmentation.mask_file import encode_ids
from facies.indexer.segmentation.strokes import write_strokes

router = APIRouter(prefix="/drawings", tags=["drawings"])

DrawingId = Annotated[str, Path(description="Id of a drawing.", examples=["9f3c2a7d41b0"])]
PictureId = Annotated[str, Path(description="Id of a picture of it.", examples=["0b9a1a4e5f43"])]
Level = Annotated[int, Path(ge=0, le=40)]
Place = Annotated[int, Path(ge=0, le=10**6)]

_BYTES = {"schema": {"type": "string", "format": "binary"}}
_TILE: Documented = {200: {"description": "The tile.", "content": {"image/jpeg": _BYTES}}}
_MASK: Documented = {200: {"description": "The tile.", "content": {"image/png": _BYTES}}}
_PREVIEW: Documented = {
    200: {
        "description": "Ids of classes in red, uncertainty in green.",
        "content": {"image/png": _BYTES},
        "headers": {PREVIEW_HEADER: {"description": "A PreviewOut as JSON.", "schema": {"type": "string"}}},
    }
}
_SUPERSEDED: Documented = {204: {"description": "The client has asked for a newer one."}}
_JSON_FILE: Documented = {200: {"description": "The file.", "content": {"application/json": _BYTES}}}
_READS, _WRITES = problems(404, 422, 507), problems(404, 409, 410, 413, 422, 507)
_NO_CACHE = "private, no-cache"


@router.get("", summary="List drawings", responses=problems(422))
def read_drawings(service: ServiceDep) -> list[DrawingOut]:
    """All drawings, the one that was changed last first."""
    store = _store(service)
    return [views.drawing_out(store, one) for one in store.list()]


@router.post("", summary="Begin a drawing", status_code=201, responses=_WRITES)
def begin_drawing(service: ServiceDep, body: DrawingBody) -> DrawingOut:
    """Without classes it gets a few to begin with."""
    store = _store(service)
    return views.drawing_out(store, store.make(body))


@router.get("/{drawing}", summary="Show a drawing", responses=_READS)
def read_drawing(service: ServiceDep, response: Response, drawing: DrawingId) -> DrawingOut:
    """Its pictures and classes, how many strokes there are, and the jobs that were ordered of it."""
    response.headers["Cache-Control"] = "no-store"
    return _shown(service, drawing)


@router.patch("/{drawing}", summary="Change a drawing", responses=_WRITES)
def change_drawing(service: ServiceDep, drawing: DrawingId, body: DrawingChange) -> DrawingOut:
    """Give it another title, or other classes."""
    views.change_drawing(_store(service), drawing, body)
    return _shown(service, drawing)


@router.delete("/{drawing}", summary="Delete a drawing", status_code=204, responses=_WRITES)
def delete_drawing(service: ServiceDep, drawing: DrawingId) -> None:
    """Its strokes and its copies of pictures go; jobs and their files stay. Not while a job of it is under way."""
    removal.delete_drawing(service, drawing)


@router.post("/{drawing}/pictures", summary="Add a picture", responses=problems(404, 409, 410, 413, 422, 507))
def add_picture(service: ServiceDep, drawing: DrawingId, body: PictureBody) -> DrawingOut:
    """Copy an image of a collection, or of the service's own disk, into the drawing."""
    pictures.add_picture(service, drawing, body)
    return _shown(service, drawing)


@router.post("/{drawing}/pictures/upload", summary="Upload a picture", responses=_WRITES)
def upload_picture(
    service: ServiceDep, drawing: DrawingId, file: Annotated[UploadFile, File(description="An image file.")]
) -> DrawingOut:
    """Keep a picture with the drawing."""
    ((name, opened),) = named_files([file])
    pictures.keep_picture(service, drawing, name, opened.read())
    return _shown(service, drawing)


@router.delete("/{drawing}/pictures/{picture}", summary="Remove a picture", responses=_WRITES)
def remove_picture(service: ServiceDep, drawing: DrawingId, picture: PictureId) -> DrawingOut:
    """The picture goes, and its strokes. Not while a job that reads it is under way."""
    removal.remove_picture(service, drawing, picture)
    return _shown(service, drawing)


@router.put("/{drawing}/pictures/{picture}/place", summary="Place a picture in depth", responses=_WRITES)
def place_picture(service: ServiceDep, drawing: DrawingId, picture: PictureId, body: PicturePlace) -> DrawingOut:
    """A top with a base, or with the millimetres of a pixel; nothing where no depth is known."""
    pictures.place_picture(_store(service), drawing, picture, body)
    return _shown(service, drawing)


@router.get(
    "/{drawing}/pictures/{picture}/tiles/{level}/{row}/{column}",
    summary="A tile of a picture",
    response_class=Response,
    responses={**_READS, **_TILE},
)
def read_tile(
    *,
    service: ServiceDep,
    request: Request,
    drawing: DrawingId,
    picture: PictureId,
    level: Level,
    row: Place,
    column: Place,
) -> Response:
    """A JPEG, which never changes: the id of a picture stands for its content."""
    path = pictures.find_picture_tile(service, drawing, picture, (level, row, column))
    return _tile(request, path, f"{picture}-{level}-{row}-{column}", "image/jpeg")


@router.get(
    "/{drawing}/pictures/{picture}/masks/{job}/{level}/{row}/{column}",
    summary="A tile of what a job has named",
    response_class=Response,
    responses={**_READS, **_MASK},
)
def read_mask_tile(
    *,
    service: ServiceDep,
    request: Request,
    drawing: DrawingId,
    picture: PictureId,
    job: Annotated[str, Path(description="Id of a job that has named the picture.")],
    level: Level,
    row: Place,
    column: Place,
) -> Response:
    """A PNG: ids of classes in red, uncertainty in green, rock in blue. Results of a job never change."""
    path = masks.find_mask_tile(service, drawing, picture, job, (level, row, column))
    return _tile(request, path, f"{picture}-{job}-{level}-{row}-{column}", "image/png")


@router.get("/{drawing}/pictures/{picture}/strokes", summary="Strokes of a picture", responses=_READS)
def read_strokes(service: ServiceDep, response: Response, drawing: DrawingId, picture: PictureId) -> StrokesOut:
    """All strokes, in pixels of the picture."""
    response.headers["Cache-Control"] = "no-store"
    store = _store(service)
    return store.strokes(store.get(drawing), picture)


@router.post("/{drawing}/pictures/{picture}/strokes", summary="Change strokes", responses=_WRITES)
def change_strokes(service: ServiceDep, drawing: DrawingId, picture: PictureId, body: StrokeChange) -> RevisionOut:
    """Add strokes and take others away; they are on the disk when the answer comes. A change may be sent again."""
    return strokes.change_strokes(_store(service), drawing, picture, body)


@router.get(
    "/{drawing}/pictures/{picture}/strokes.json",
    summary="Strokes as a file",
    response_class=Response,
    responses={**_READS, **_JSON_FILE},
)
def read_stroke_file(service: ServiceDep, drawing: DrawingId, picture: PictureId) -> Response:
    """As `facies segment train --labels` takes them, with the classes."""
    store = _store(service)
    found = store.get(drawing)
    one = find_picture(found, picture)
    text = write_strokes(strokes.stroke_file(found, one, store.strokes(found, picture)))
    return _download(text.encode(), f"{FilePath(one.name).stem}-strokes.json", "application/json")


@router.put("/{drawing}/pictures/{picture}/strokes.json", summary="Strokes from a file", responses=_WRITES)
def load_stroke_file(service: ServiceDep, drawing: DrawingId, picture: PictureId, body: StrokeFileBody) -> DrawingOut:
    """Add the strokes of a file to those that there are, and the classes that it brings."""
    strokes.load_strokes(_store(service), drawing, picture, body)
    return _shown(service, drawing)


@router.get(
    "/{drawing}/pictures/{picture}/labels.png",
    summary="Strokes as a label image",
    response_class=Response,
    responses={**_READS, **_MASK},
)
def read_label_image(service: ServiceDep, drawing: DrawingId, picture: PictureId) -> Response:
    """An indexed PNG of class ids; 255 where nothing is drawn."""
    store = _store(service)
    found = store.get(drawing)
    one = find_picture(found, picture)
    ids = strokes.paint_strokes(found, one, store.strokes(found, picture))
    data = encode_ids(ids, found.table(), unlabelled=UNLABELLED)
    return _download(data, f"{FilePath(one.name).stem}-labels.png", "image/png")


@router.post(
    "/{drawing}/pictures/{picture}/preview",
    summary="Name what is in view",
    response_class=Response,
    responses={**problems(404, 422, 503, 507), **_PREVIEW, **_SUPERSEDED},
)
def make_preview(service: ServiceDep, drawing: DrawingId, picture: PictureId, body: PreviewBody) -> Response:
    """By all strokes of the drawing that are kept. Of one client a newer preview takes the place of one under way."""
    try:
        told, data = previews.preview(service, drawing, picture, body)
    except PreviewSupersededError:  # as was wished, so that a browser need not note it as an error
        return Response(status_code=204, headers={"Cache-Control": "no-store"})
    return Response(
        data,
        media_type="image/png",
        headers={
            PREVIEW_HEADER: json.dumps(told.model_dump(mode="json")),  # headers are ASCII, names of pictures are not
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


@router.post(
    "/{drawing}/runs",
    summary="Name all pictures",
    status_code=202,
    responses=problems(404, 409, 410, 413, 422, 503, 507),
)
def start_run(service: ServiceDep, actor: ActorDep, response: Response, drawing: DrawingId, body: RunBody) -> JobOut:
    """Order a job of kind `segment` that learns from all strokes as they are now."""
    job = runs.start_run(service, drawing, body, actor)
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    return job


def _store(service: ServiceDep) -> DrawingStore:
    return DrawingStore.of(service.settings)


def _shown(service: ServiceDep, drawing: str) -> DrawingOut:
    store = _store(service)
    return views.drawing_out(store, store.get(drawing))


def _tile(request: Request, path: FilePath, number: str, media_type: str) -> Response:
    etag = f'"{number}"'
    if is_known(request, etag):
        return not_modified(etag, IMMUTABLE)
    return file_answer(path, name=path.name, media_type=media_type, etag=etag, cache=IMMUTABLE)


def _download(data: bytes, name: str, media_type: str) -> Response:
    answer = bytes_answer(data, name=name, media_type=media_type, etag=f'"{content_hash(data)}"', cache=_NO_CACHE)
    answer.headers["Content-Disposition"] = answer.headers["Content-Disposition"].replace("inline", "attachment", 1)
    return answer
