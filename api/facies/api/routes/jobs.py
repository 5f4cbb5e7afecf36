"""Jobs: start, list, follow, stop, try again; their files."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Body, Form, Header, Path, Query, Request, Response

from facies.api.actors import ActorDep
from facies.api.dependencies import JobFiles, ServiceDep, StreamsDep, named_files
from facies.api.job_events import MEDIA_TYPE, follow_job
from facies.api.job_files import find_job_file
from facies.api.jobs import (
    cancel_job,
    describe_changed,
    describe_job,
    list_jobs,
    read_log,
    retry_job,
    start_job,
)
from facies.api.routes.files import REVALIDATE, download_answer, is_known, not_modified
from facies.api.routes.responses import Documented, problems
from facies.api.validation import parse_body
from facies.core.jobs import JobRole, JobState
from facies.core.wire_jobs import MOST_JOBS, JobBody, JobFileOut, JobLogOut, JobOut, JobPage

router = APIRouter(prefix="/jobs", tags=["jobs"])

_BODIES = {
    "index": {
        "summary": "Index a folder of the service's disk",
        "value": {"kind": "index", "parameters": {"collection": "slides", "path": "/data/slides", "labels": "folder"}},
    },
    "whiten": {
        "summary": "Make whitened vectors",
        "value": {"kind": "whiten", "parameters": {"collection": "slides"}, "priority": -1},
    },
    "segment": {
        "summary": "Name a core by a model that another job has made",
        "value": {
            "kind": "segment",
            "parameters": {
                "action": "apply",
                "model": "job:5d1f0c2e9a77/model.facies-seg",
                "sections": [{"image": "/data/cores/a1/01.png", "top_m": 1200.0, "base_m": 1201.0}],
            },
        },
    },
}
_EVENTS: Documented = {
    200: {"description": "Events `job`, each with a JobOut.", "content": {MEDIA_TYPE: {"schema": {"type": "string"}}}},
    204: {"description": "The job is over, and the client has its last version."},
}
_FILES: Documented = {
    200: {
        "description": "The file.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    },
    304: {"description": "The client's copy still stands."},
}
_JOB_FORM = Form(description="A JobBody as JSON.", examples=['{"kind": "segment", "parameters": {}}'])

JobId = Annotated[str, Path(description="Id of a job.", examples=["9f3c2a7d41b0"])]


@router.post("", summary="Start a job", status_code=202, responses=problems(403, 404, 409, 413, 422, 503, 507))
def add_job(
    service: ServiceDep, actor: ActorDep, response: Response, body: Annotated[JobBody, Body(openapi_examples=_BODIES)]
) -> JobOut:
    """Have something done in the background. It is kept through every restart; follow it at `Location`."""
    return _started(response, start_job(service, body, actor))


@router.post(
    "/upload", summary="Start a job on files", status_code=202, responses=problems(403, 404, 409, 413, 422, 503, 507)
)
def add_job_on_files(
    service: ServiceDep, actor: ActorDep, response: Response, job: Annotated[str, _JOB_FORM], files: JobFiles
) -> JobOut:
    """The same with files, which parameters name as `upload:NAME`. They are kept with the job."""
    return _started(response, start_job(service, parse_body(JobBody, job, "job"), actor, named_files(files)))


@router.get("", summary="List jobs", responses=problems(422))
def read_jobs(
    *,
    service: ServiceDep,
    response: Response,
    state: Annotated[JobState | None, Query(description="Only jobs in this state.")] = None,
    kind: Annotated[str | None, Query(description="Only jobs of this kind.")] = None,
    collection: Annotated[str | None, Query(description="Only jobs that work on this collection.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_JOBS, description="Most jobs to give.")] = 100,
    after: Annotated[str | None, Query(description="What the page before this one has as `after`.")] = None,
) -> JobPage:
    """Jobs, the newest first."""
    response.headers["Cache-Control"] = "no-store"
    return list_jobs(service, state=state, kind=kind, collection=collection, limit=limit, after=after)


@router.get("/{job_id}", summary="Show a job", responses=problems(404, 422))
def read_job(service: ServiceDep, response: Response, job_id: JobId) -> JobOut:
    """How far it has come, and what came of it."""
    response.headers["Cache-Control"] = "no-store"
    return describe_job(service, job_id)


@router.get(
    "/{job_id}/events",
    summary="Follow a job",
    response_class=Response,
    responses={**problems(404, 422, 503), **_EVENTS},
)
async def read_events(
    service: ServiceDep,
    streams: StreamsDep,
    job_id: JobId,
    last_event_id: Annotated[str | None, Header(description="Version that the client has; browsers send it.")] = None,
) -> Response:
    """Server-sent events: the job as it stands, then after every change, until it is over."""
    return await follow_job(streams, lambda known: describe_changed(service, job_id, known), last_event_id)


@router.post("/{job_id}/cancel", summary="Cancel a job", responses=problems(404, 422))
def cancel(service: ServiceDep, job_id: JobId) -> JobOut:
    """Have it stop: at once where it waits, else within seconds. What it acknowledged stays; one that is over, too."""
    return cancel_job(service, job_id)


@router.post("/{job_id}/retry", summary="Try a job again", responses=problems(404, 409, 422, 503))
def retry(service: ServiceDep, job_id: JobId) -> JobOut:
    """Queue a job again that failed, or was cancelled; it goes on from where it can."""
    return retry_job(service, job_id)


@router.get("/{job_id}/log", summary="What a job told", responses=problems(404, 422))
def read_job_log(
    service: ServiceDep,
    response: Response,
    job_id: JobId,
    after: Annotated[int, Query(ge=0, le=2**63 - 1, description="Only lines with larger numbers.")] = 0,
    limit: Annotated[int, Query(ge=1, le=10_000, description="Most lines to give.")] = 1000,
) -> JobLogOut:
    """Its lines, the oldest first; a job keeps a bounded number of them."""
    response.headers["Cache-Control"] = "no-store"
    return read_log(service, job_id, after=after, limit=limit)


@router.get("/{job_id}/files", summary="Files of a job", responses=problems(404, 422))
def read_files(service: ServiceDep, response: Response, job_id: JobId) -> list[JobFileOut]:
    """What it was given, and what it has made."""
    response.headers["Cache-Control"] = "no-store"
    return describe_job(service, job_id).files


@router.get(
    "/{job_id}/files/{name:path}",
    summary="A file of a job",
    response_class=Response,
    responses={**problems(404, 422), **_FILES},
)
def read_file(
    service: ServiceDep,
    request: Request,
    job_id: JobId,
    name: str,
    role: Annotated[
        JobRole | None, Query(description="Where an input and a result have one name, which of them.")
    ] = None,
) -> Response:
    """The bytes of one file. Its hash is the `ETag`."""
    found = find_job_file(service, job_id, name, role)
    etag = f'"{found.sha256}"'
    if is_known(request, etag):
        return not_modified(etag, REVALIDATE)
    return download_answer(found.path, name=PurePosixPath(name).name, etag=etag)


def _started(response: Response, job: JobOut) -> JobOut:
    response.headers["Location"] = f"/v1/jobs/{quote(job.id, safe='')}"
    return job
