"""Jobs as use cases: start, list, describe, cancel, try again. The work itself is the indexer's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any
from urllib.parse import quote

from facies.api.job_checks import check_parameters
from facies.api.service import Service
from facies.core.actors import Actor
from facies.core.errors import JobFileError, QueryError
from facies.core.jobs import Job, JobFile, JobState
from facies.core.wire_jobs import JobBody, JobErrorOut, JobFileOut, JobLogLine, JobLogOut, JobOut, JobPage
from facies.indexer.jobs.kinds import get_kind
from facies.indexer.jobs.parameters import UPLOAD


def start_job(service: Service, body: JobBody, actor: Actor, files: Sequence[tuple[str, IO[bytes]]] = ()) -> JobOut:
    """Order a job. What can be known at once is refused here; what shows later ends up in the job.

    Args:
        service: the open parts.
        body: what to do.
        actor: who asks for it.
        files: that came along, by name; each must be named by a parameter, as `upload:NAME`.

    Raises:
        UnknownJobKindError, JobParametersError: nothing like this can be ordered.
        QueryError: files and parameters do not fit each other.
        FaciesError: see `facies.api.job_checks.check_parameters`.
        StorageError: the disk is full; nothing was ordered.
    """
    kind = get_kind(body.kind, service.desk.kinds)
    parameters = check_parameters(service, kind, kind.read(body.parameters))
    sent = parameters.model_dump(mode="json")
    _check_files([name for name, _ in files], set(_named_uploads(sent)))
    try:
        job = service.desk.order(kind.name, sent, actor=actor.name, priority=body.priority, inputs=files)
    except JobFileError as error:  # of a name that came with the request
        raise QueryError(error.message) from error
    return job_out(job)


def list_jobs(
    service: Service,
    *,
    state: JobState | None = None,
    kind: str | None = None,
    collection: str | None = None,
    limit: int = 100,
    after: str | None = None,
) -> JobPage:
    """Jobs, the newest first.

    Raises:
        JobNotFoundError: there is no job ``after``.
    """
    found = service.workspace.catalog.jobs(
        states=[] if state is None else [state],
        kinds=[] if kind is None else [kind],
        collection=collection,
        after=after,
        limit=limit + 1,
    )
    shown = found[:limit]
    return JobPage(jobs=[job_out(job) for job in shown], after=shown[-1].id if len(found) > limit else None)


def describe_job(service: Service, job_id: str) -> JobOut:
    """One job as it stands.

    Raises:
        JobNotFoundError: no such job.
    """
    return job_out(service.workspace.catalog.job(job_id))


def describe_changed(service: Service, job_id: str, known: int) -> JobOut | None:
    """One job as it stands, where its version is above ``known``; else None, which costs little to find.

    Raises:
        JobNotFoundError: no such job.
    """
    catalog = service.workspace.catalog
    return job_out(catalog.job(job_id)) if catalog.job_version(job_id) > known else None


def cancel_job(service: Service, job_id: str) -> JobOut:
    """Have a job stop; one that is over stays as it is.

    Raises:
        JobNotFoundError: no such job.
    """
    return job_out(service.desk.cancel(job_id))


def retry_job(service: Service, job_id: str) -> JobOut:
    """Queue a job again that failed, or was cancelled.

    Raises:
        JobNotFoundError: no such job.
        JobStateError: it is in another state.
    """
    return job_out(service.desk.retry(job_id))


def read_log(service: Service, job_id: str, *, after: int, limit: int) -> JobLogOut:
    """What a job told, from behind a line on.

    Raises:
        JobNotFoundError: no such job.
    """
    lines = service.workspace.catalog.job_log(job_id, after=after, limit=limit)
    shown = [JobLogLine(number=one.number, at=one.at, level=one.level, line=one.line) for one in lines]
    return JobLogOut(lines=shown, after=shown[-1].number if shown else after)


def job_out(job: Job) -> JobOut:
    """A job as the API shows it."""
    return JobOut(
        id=job.id,
        kind=job.kind,
        state=job.state,
        collection=job.collection,
        parameters=dict(job.parameters),
        priority=job.priority,
        needs=job.needs,
        device=job.device,
        actor=job.actor,
        stage=job.progress.stage,
        done=job.progress.done,
        total=job.progress.total,
        rate_per_s=job.progress.rate_per_s,
        seconds_left=job.seconds_left,
        attempt=job.attempt,
        max_attempts=job.max_attempts,
        worker=job.worker,
        cancel_requested=job.cancel_requested,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        heartbeat_at=job.heartbeat_at,
        error=None if job.fault is None else JobErrorOut(code=job.fault.code, message=job.fault.message),
        result=job.result,
        files=[_file_out(job.id, file) for file in job.files],
        version=job.version,
    )


def _file_out(job_id: str, file: JobFile) -> JobFileOut:
    path = f"/v1/jobs/{quote(job_id, safe='')}/files/{quote(file.name)}?role={file.role}"
    return JobFileOut(name=file.name, role=file.role, bytes=file.size_bytes, sha256=file.sha256, path=path)


def _check_files(came: Sequence[str], named: set[str]) -> None:
    twice = sorted({name for name in came if came.count(name) > 1})
    if twice:
        raise QueryError(f"two files have the name {twice[0]!r}; rename one, so that parameters can tell them apart")
    missing, unused = sorted(named - set(came)), sorted(set(came) - named)
    if missing:
        raise QueryError(f"a parameter is '{UPLOAD}{missing[0]}', and no file of this name came with the request")
    if unused:
        raise QueryError(f"file {unused[0]!r} came with the request, and no parameter is '{UPLOAD}{unused[0]}'")


def _named_uploads(value: Any) -> Iterator[str]:
    """The names of files that parameters refer to, wherever they stand."""
    if isinstance(value, str):
        if value.startswith(UPLOAD):
            yield value.removeprefix(UPLOAD)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _named_uploads(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _named_uploads(inner)
