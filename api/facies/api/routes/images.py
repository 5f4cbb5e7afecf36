"""The images of a collection: list, upload, show, delete; their originals and thumbnails."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Request, Response

from facies.api.collections import delete_one_image
from facies.api.dependencies import CollectionName, Files, ImageId, Offset, ServiceDep, uploads_of
from facies.api.images import image_out, list_images
from facies.api.originals import decode_original, find_local_original, read_checked
from facies.api.routes.files import (
    IMMUTABLE,
    MEDIA_TYPES,
    REVALIDATE,
    THUMBNAIL_TYPES,
    bytes_answer,
    file_answer,
    is_known,
    name_of,
    not_modified,
)
from facies.api.routes.responses import Documented, problems
from facies.api.uploads import add_uploads, find_thumbnail
from facies.core.errors import QueryError
from facies.core.filters import is_field_name, is_field_value
from facies.core.images import encode_png
from facies.core.records import RESERVED_FIELDS, MetadataValue
from facies.core.wire import ImageOut, ImagePage, UploadOut

router = APIRouter(prefix="/collections/{name}/images", tags=["images"])

_BYTES = {"schema": {"type": "string", "format": "binary"}}
_ORIGINALS: Documented = {200: {"description": "The file.", "content": dict.fromkeys(MEDIA_TYPES.values(), _BYTES)}}
_THUMBNAILS: Documented = {
    200: {"description": "The thumbnail.", "content": dict.fromkeys(THUMBNAIL_TYPES.values(), _BYTES)}
}
_UNCHANGED: Documented = {304: {"description": "The client's copy still stands."}}


@router.get("", summary="List images", responses=problems(404, 422))
def read_images(
    service: ServiceDep,
    name: CollectionName,
    offset: Offset = 0,
    limit: Annotated[int, Query(ge=1, le=1000, description="Most images to give.")] = 100,
    label: Annotated[str | None, Query(description="Only images with this label.")] = None,
) -> ImagePage:
    """Images in order of id."""
    return list_images(service.workspace, name, offset=offset, limit=limit, label=label)


@router.post("", summary="Upload images", responses=problems(404, 409, 413, 422, 503, 507))
def upload_images(
    service: ServiceDep,
    name: CollectionName,
    files: Files,
    label: Annotated[str | None, Form(description="Label of all the files, taken as validated.")] = None,
    metadata: Annotated[
        str | None, Form(description="Metadata of all the files, a JSON object.", examples=['{"depth_m": 1210.5}'])
    ] = None,
) -> UploadOut:
    """Copy images into the service and index them; each file has its own outcome."""
    return add_uploads(
        service, name, uploads_of(files), label=label or None, metadata=parse_metadata(metadata) if metadata else {}
    )


@router.get("/{image_id}", summary="Show an image", responses=problems(404, 422))
def read_image(service: ServiceDep, name: CollectionName, image_id: ImageId) -> ImageOut:
    """What the catalogue knows of one image."""
    return image_out(name, service.workspace.catalog.image(name, image_id))


@router.delete("/{image_id}", summary="Delete an image", status_code=204, responses=problems(404, 409, 422))
def delete_image(service: ServiceDep, name: CollectionName, image_id: ImageId) -> None:
    """Take one image out of the collection; a file that was indexed in place stays where it is."""
    delete_one_image(service, name, image_id)


@router.get(
    "/{image_id}/original",
    summary="The original file",
    response_class=Response,
    responses={**problems(404, 410, 413, 422), **_ORIGINALS, **_UNCHANGED},
)
def read_original(
    service: ServiceDep,
    request: Request,
    name: CollectionName,
    image_id: ImageId,
    render: Annotated[
        Literal["png"] | None, Query(description="The image as it was decoded, as PNG, in place of the file.")
    ] = None,
) -> Response:
    """The bytes as they were indexed, or the decoded image (of a multi-page file this page) as PNG."""
    record = service.workspace.catalog.image(name, image_id)
    etag = f'"{record.id}-png"' if render else f'"{record.sha256}"'
    if is_known(request, etag):
        return not_modified(etag, REVALIDATE)
    file_name, limits = name_of(record.uri), service.limits
    if render:
        decoded = decode_original(record, max_pixels=limits.max_pixels, max_bytes=limits.max_file_bytes)
        png = encode_png(decoded.pixels)
        return bytes_answer(png, name=f"{file_name}.png", media_type="image/png", etag=etag, cache=REVALIDATE)
    media_type = MEDIA_TYPES.get(record.format, "application/octet-stream")
    path = find_local_original(record)
    if path is not None:
        return file_answer(path, name=file_name, media_type=media_type, etag=etag, cache=REVALIDATE)
    data = read_checked(record, max_bytes=limits.max_file_bytes)
    return bytes_answer(data, name=file_name, media_type=media_type, etag=etag, cache=REVALIDATE)


@router.get(
    "/{image_id}/thumbnail",
    summary="The thumbnail",
    response_class=Response,
    responses={**problems(404, 410, 422), **_THUMBNAILS, **_UNCHANGED},
)
def read_thumbnail(service: ServiceDep, request: Request, name: CollectionName, image_id: ImageId) -> Response:
    """A small JPEG (WebP where an older release made it), which never changes: the id stands for the content."""
    record = service.workspace.catalog.image(name, image_id)
    etag = f'"{record.id}"'
    if is_known(request, etag):
        return not_modified(etag, IMMUTABLE)
    path = find_thumbnail(service, record)
    media_type = THUMBNAIL_TYPES[path.suffix]
    return file_answer(path, name=f"{record.id}{path.suffix}", media_type=media_type, etag=etag, cache=IMMUTABLE)


def parse_metadata(text: str) -> dict[str, MetadataValue]:
    """Read the metadata field of an upload.

    Raises:
        QueryError: it is not a flat JSON object of texts and finite numbers, or uses a name of facies' own.
    """
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise QueryError(f"metadata is not JSON: {error}. Expected an object such as {{'depth_m': 1210.5}}") from error
    if not isinstance(value, dict) or not all(is_field_value(v) for v in value.values()):
        raise QueryError(f"metadata is a flat JSON object of texts and numbers, got {text[:80]!r}")
    unfit = sorted(name for name in value if name in RESERVED_FIELDS or not is_field_name(name))
    if unfit:
        raise QueryError(f"metadata cannot use the names {', '.join(map(repr, unfit))}: rename them")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")
