"""Labels to files of other tools and back, and range charts."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path, PureWindowsPath
from typing import Annotated, Any, Literal, cast
from urllib.parse import quote

from fastapi import APIRouter, File, Form, Query, Response, UploadFile
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from facies.api.actors import ActorDep
from facies.api.dependencies import CollectionName, ServiceDep
from facies.api.label_files import count_by_depth, export_to, import_from, write_chart
from facies.api.routes.responses import Documented, problems
from facies.core.errors import QueryError, StorageError
from facies.core.records import LabelState
from facies.core.wire_label_files import (
    REPORT_HEADER,
    ChartOrder,
    LabelExportBody,
    LabelImportBody,
    LabelImportOut,
    RangeChartBody,
    RangeChartOut,
)
from facies.indexer.exchange.labels.formats import FORMATS, find_format

router = APIRouter(prefix="/collections/{name}", tags=["labels"])

_BYTES = {"schema": {"type": "string", "format": "binary"}}
_MEDIA = sorted({found.media_type for found in FORMATS.values() if found.suffixes})
_FILES: Documented = {
    200: {
        "description": "The file.",
        "content": dict.fromkeys(_MEDIA, _BYTES),
        "headers": {
            REPORT_HEADER: {
                "description": "What the file holds: JSON, percent-encoded.",
                "schema": {"type": "string"},
            }
        },
    }
}
_CHARTS: Documented = {
    200: {
        "description": "The chart.",
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/RangeChartOut"}},
            "text/csv": {"schema": {"type": "string"}},
            "image/svg+xml": {"schema": {"type": "string"}},
        },
    }
}
_SHOWN = 20
"""Images in the report of a download: headers are small."""
_SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
}

FileFormat = Literal["csv", "parquet", "coco", "ecotaxa", "darwin-core"]
Where = Annotated[str | None, Query(description="A filter in the JSON form of facies.core.filters, as text.")]


@router.get(
    "/labels/export",
    summary="Export labels",
    response_class=Response,
    responses={**problems(404, 409, 422, 507), **_FILES},
)
def export_labels(
    *,
    service: ServiceDep,
    name: CollectionName,
    format: Annotated[FileFormat, Query(description="Of the file.")],
    state: Annotated[
        list[LabelState] | None, Query(description="Only labels in this state; may come several times.")
    ] = None,
    where: Where = None,
    depth: Annotated[
        str | None, Query(description="Metadata field of depths in metres; empty: depth_m, where there is one.")
    ] = None,
    pictures: Annotated[bool, Query(description="Whether the images go along, for ecotaxa.")] = False,
    table: Annotated[bool, Query(description="For ecotaxa, the table alone in place of a zip file.")] = False,
) -> FileResponse:
    """The labels of a collection with all that is known of where they come from, in a format of other tools.

    The file is written whole before its first byte is sent.
    """
    found = find_format(format)
    body = LabelExportBody(format=format, states=state or [], where=_read_where(where), depth=depth, pictures=pictures)
    folder = _make_folder()
    try:
        target = folder / f"{name}{found.suffixes[-1 if table else 0]}"
        report = export_to(service, name, target, body)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    report.left_out = report.left_out[:_SHOWN]
    report.file = target.name
    return FileResponse(
        target,
        filename=target.name,
        media_type="text/tab-separated-values" if table else found.media_type,
        headers={REPORT_HEADER: quote(report.model_dump_json()), "Cache-Control": "no-store", **_SAFE},
        background=BackgroundTask(shutil.rmtree, folder, ignore_errors=True),
    )


@router.post("/labels/import", summary="Import labels", responses=problems(404, 409, 413, 422, 503, 507))
def import_labels(
    *,
    service: ServiceDep,
    name: CollectionName,
    actor: ActorDep,
    file: Annotated[UploadFile, File(description="A file of labels, in any of the formats of an export.")],
    format: Annotated[FileFormat | None, Form(description="Of the file; empty: what it looks like.")] = None,
    replace: Annotated[
        bool, Form(description="Whether the file's word counts for more than what a person said here.")
    ] = False,
    apply: Annotated[bool, Form(description="Whether the labels are given; else nothing is written.")] = False,
) -> LabelImportOut:
    """Look at a file of labels, or give what it says: all of it as one batch that can be undone, or nothing.

    What a person has validated stays unless `replace` is set; rows that are not imported are listed with their line.
    """
    called = PureWindowsPath(file.filename or "").name or "labels"
    folder = _make_folder()
    try:
        path = folder / f"labels{PureWindowsPath(called).suffix[:16]}"
        with path.open("wb") as out:
            shutil.copyfileobj(file.file, out)
        body = LabelImportBody(format=format, replace=replace, apply=apply)
        return import_from(service, name, path, body, actor, called=called)
    except OSError as error:
        raise StorageError("the uploaded file", error.strerror or str(error)) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@router.get(
    "/range-chart",
    summary="A range chart",
    response_model=RangeChartOut,
    responses={**problems(404, 422), **_CHARTS},
)
def read_range_chart(
    *,
    service: ServiceDep,
    name: CollectionName,
    field: Annotated[str, Query(description="Metadata field of depths.", examples=["depth_m"])],
    bin: Annotated[
        float | None, Query(description="Height of a sample; empty: each depth is one.", examples=[10])
    ] = None,
    group: Annotated[str | None, Query(description="Metadata field by which samples are kept apart.")] = None,
    where: Where = None,
    order: Annotated[ChartOrder, Query(description="Of the taxa: first appearance down, up, or by name.")] = "top",
    format: Annotated[Literal["json", "csv", "svg"], Query(description="Of the answer.")] = "json",
) -> Any:
    """Images by taxon and depth, validated and automatic apart, with bounds of how many of the automatic are right."""
    body = RangeChartBody(field=field, bin=bin, group=group, where=_read_where(where), order=order)
    if format == "json":
        return count_by_depth(service, name, body)
    text = write_chart(service, name, body, format)
    return Response(text, media_type="text/csv" if format == "csv" else "image/svg+xml", headers=_SAFE)


def _read_where(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise QueryError(f"where is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise QueryError(f"where is {type(found).__name__}, expected an object such as {{'field': ..., 'equals': ...}}")
    return cast("dict[str, Any]", found)


def _make_folder() -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix="facies-labels-"))
    except OSError as error:
        raise StorageError("the folder for temporary files", error.strerror or str(error)) from error
