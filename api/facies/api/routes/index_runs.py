"""Index a folder of the service's own disk, and follow the run."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Response

from facies.api.dependencies import CollectionName, RunId, ServiceDep
from facies.api.indexing import start_index
from facies.api.routes.responses import problems
from facies.core.wire import IndexBody, IndexRunOut

router = APIRouter(tags=["indexing"])

_BODIES = {"folder": {"summary": "A folder per label", "value": {"path": "/data/slides", "labels": "folder"}}}


@router.post(
    "/collections/{name}/index",
    summary="Start indexing a path",
    status_code=202,
    responses=problems(403, 404, 409, 422, 503, 507),
)
def add_index_run(
    service: ServiceDep,
    response: Response,
    name: CollectionName,
    body: Annotated[IndexBody, Body(openapi_examples=_BODIES)],
) -> IndexRunOut:
    """Begin a run over a folder, zip or manifest below the allowed roots. One run at a time; poll it at `Location`."""
    run = start_index(service, name, body)
    response.headers["Location"] = f"/v1/index-runs/{run.id}"
    return run


@router.get("/index-runs/{run_id}", summary="How far a run has come", responses=problems(404, 422))
def read_index_run(service: ServiceDep, response: Response, run_id: RunId) -> IndexRunOut:
    """Progress while it runs, the report once it is over."""
    response.headers["Cache-Control"] = "no-store"
    return service.runs.get(run_id)


@router.post("/index-runs/{run_id}/cancel", summary="Cancel a run", responses=problems(404, 422))
def cancel_index_run(service: ServiceDep, run_id: RunId) -> IndexRunOut:
    """Ask the run to stop after its current batch; what it acknowledged stays."""
    return service.runs.cancel(run_id)
