"""``facies jobs``: order, list, show, follow, cancel and retry jobs, and fetch what they made."""

from __future__ import annotations

import hashlib
import json as json_text
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args

import typer

from facies.api.options import Api, Json
from facies.core.cli import print_answer, print_json
from facies.core.errors import ConfigurationError, JobFileError, StorageError
from facies.core.jobs import JobState
from facies.core.settings import load_settings

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from facies.api.local_jobs import JobsBackend
    from facies.core.wire_jobs import JobFileOut, JobOut

jobs_app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

Id = Annotated[
    str, typer.Argument(metavar="ID", help="Of the job, as `facies jobs list` shows it.", show_default=False)
]


@jobs_app.callback()
def jobs() -> None:
    """Work in the background that goes on after a crash: order, follow and cancel it, fetch what it made."""


@jobs_app.command()
def create(
    kind: Annotated[str, typer.Argument(help="index, whiten, optimise, label, map or segment.", show_default=False)],
    parameters: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME=VALUE", help="Of that kind (docs/jobs.md); values may be JSON."),
    ] = None,
    *,
    file: Annotated[
        list[Path] | None, typer.Option(help="To be sent along; parameters name it as upload:NAME. Repeatable.")
    ] = None,
    priority: Annotated[
        int, typer.Option(min=-100, max=100, help="Of two jobs that wait, the larger number goes first.")
    ] = 0,
    json: Json = False,
    api: Api = None,
) -> None:
    """Order a job. Without --api it waits in the data folder for the next service or worker there."""
    from facies.api.validation import make_body
    from facies.core.wire_jobs import JobBody

    body = make_body(JobBody, kind=kind, parameters=read_parameters(parameters or []), priority=priority)
    for path in file or []:
        if not path.is_file():
            raise ConfigurationError(f"--file {path} is no file")
    with _open(api) as backend:
        print_answer(backend.start(body, file or []), _show, as_json=json)


@jobs_app.command("list")
def list_(
    *,
    state: Annotated[
        str | None, typer.Option(metavar="STATE", help=f"Only these: {', '.join(get_args(JobState))}.")
    ] = None,
    kind: Annotated[str | None, typer.Option(help="Only jobs of this kind.")] = None,
    collection: Annotated[str | None, typer.Option("--collection", "-c", help="Only those that work on it.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="Most jobs to list.")] = 20,
    after: Annotated[str | None, typer.Option(metavar="ID", help="Older ones than this job: the next page.")] = None,
    json: Json = False,
    api: Api = None,
) -> None:
    """List jobs, the newest first."""
    if state is not None and state not in get_args(JobState):
        raise ConfigurationError(f"--state {state} is none; expected {', '.join(get_args(JobState))}")
    wanted = cast("JobState | None", state)
    with _open(api) as backend:
        page = backend.list(state=wanted, kind=kind, collection=collection, limit=limit, after=after)
    if json:
        print_json(page.model_dump(mode="json"))
        return
    for job in page.jobs:
        typer.echo(_line(job))
    if page.after is not None:
        typer.echo(f"note: more with --after {page.after}", err=True)


@jobs_app.command()
def show(job_id: Id, *, json: Json = False, api: Api = None) -> None:
    """Show one job: how far it is, what came of it, its files, the end of its log."""
    with _open(api) as backend:
        job = backend.get(job_id)
        log = backend.log(job_id)
    if json:
        print_json({**job.model_dump(mode="json"), "log": [line.model_dump(mode="json") for line in log.lines]})
        return
    _show(job)
    for line in log.lines[-20:]:
        typer.echo(f"  {line.at:%Y-%m-%d %H:%M:%S} {line.level:<7} {line.line}")


@jobs_app.command()
def events(
    job_id: Id,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the job is over.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print each event as a JSON object on a line.")] = False,
    api: Api = None,
) -> None:
    """Tell how a job stands, or each change until it is over; exits with 1 where it failed or was cancelled."""
    with _open(api) as backend:
        for job in backend.events(job_id) if follow else [backend.get(job_id)]:
            if json:
                print_json(job.model_dump(mode="json"))
            else:
                typer.echo(_line(job))
    if follow and job.state != "done":
        raise typer.Exit(1)


@jobs_app.command()
def cancel(job_id: Id, *, json: Json = False, api: Api = None) -> None:
    """Have a job stop: at once where it waits, else within seconds; what it acknowledged is kept."""
    with _open(api) as backend:
        print_answer(backend.cancel(job_id), _show, as_json=json)


@jobs_app.command()
def retry(job_id: Id, *, json: Json = False, api: Api = None) -> None:
    """Have a job that failed or was cancelled tried again; it goes on from what was kept."""
    with _open(api) as backend:
        print_answer(backend.retry(job_id), _show, as_json=json)


@jobs_app.command()
def result(
    job_id: Id,
    *,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Copy the files that it made into this folder.")
    ] = None,
    json: Json = False,
    api: Api = None,
) -> None:
    """Print what came of a job, and fetch the files that it made; each is checked against its hash."""
    with _open(api) as backend:
        job = backend.get(job_id)
        made = [file for file in job.files if file.role == "result"]
        if out is not None:
            for file in made:
                fetch(backend, job_id, file, out)
    if json:
        print_json({"id": job.id, "state": job.state, "result": job.result, "files": [file.name for file in made]})
        return
    typer.echo(json_text.dumps(job.result, ensure_ascii=False, indent=2))
    for file in made:
        typer.echo(str(file.name if out is None else out / file.name))


def read_parameters(texts: list[str]) -> dict[str, Any]:
    """Parameters as they stand on a command line: JSON where it is some, else text.

    Raises:
        ConfigurationError: one of them is not NAME=VALUE, or comes twice.

    >>> read_parameters(["collection=fossils", "sample=500", "path=/x=y", 'where={"label": "a"}'])
    {'collection': 'fossils', 'sample': 500, 'path': '/x=y', 'where': {'label': 'a'}}
    """
    read: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name or name in read:
            raise ConfigurationError(f"expected parameters as NAME=VALUE, each once, got {text!r}")
        try:
            read[name] = json_text.loads(value)
        except ValueError:
            read[name] = value
    return read


def fetch(backend: JobsBackend, job_id: str, file: JobFileOut, out: Path) -> None:
    """Write a file of a job below a folder; what is there already is never overwritten.

    Raises:
        JobFileError: something of this name is there, the name leads out of the folder, or the bytes are others than
            those that the job has made.
        StorageError: the folder cannot be written.
    """
    target = out / file.name
    if not target.resolve().is_relative_to(out.resolve()):
        raise JobFileError(job_id, file.name, f"would lie outside of {out}")
    part = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            raise JobFileError(job_id, file.name, f"is at {target} already; name another folder")
        try:
            with part.open("wb+") as written:
                backend.download(file, written)
                written.seek(0)
                digest = hashlib.file_digest(written, "sha256").hexdigest()
            if digest != file.sha256:
                raise JobFileError(job_id, file.name, f"came with hash {digest[:16]}, expected {file.sha256[:16]}")
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(target, error.strerror or str(error)) from error


def _open(api: str | None) -> AbstractContextManager[JobsBackend]:
    from facies.api.local_jobs import open_jobs

    return open_jobs(load_settings(), api)


def _line(job: JobOut) -> str:
    far = f"{job.done:,}" if job.total is None else f"{job.done:,}/{job.total:,}"
    left = "" if job.seconds_left is None else f", {job.seconds_left:,.0f} s left"
    stage = f" {job.stage} {far}{left}" if job.stage else ""
    fault = "" if job.error is None else f": {job.error.message}"
    return f"{job.id} {job.state:<9} {job.kind:<8} {job.collection or '-'}{stage}{fault}{_warnings(job)}"


def _warnings(job: JobOut) -> str:
    """How much a job that is done could not read, where it says so: its log tells what and why."""
    failed = job.result.get("failed") if isinstance(job.result, dict) else None
    number = len(failed) if isinstance(failed, list) else failed
    if job.state != "done" or not isinstance(number, int) or not number:
        return ""
    return f", {number:,} {'warning' if number == 1 else 'warnings'}"


def _show(job: JobOut) -> None:
    typer.echo(_line(job))
    typer.echo(f"  ordered {job.created_at:%Y-%m-%d %H:%M:%S} UTC by {job.actor}, priority {job.priority}")
    if job.started_at is not None:
        ended = "" if job.finished_at is None else f", ended {job.finished_at:%Y-%m-%d %H:%M:%S}"
        typer.echo(f"  begun {job.started_at:%Y-%m-%d %H:%M:%S}{ended}, attempt {job.attempt} by {job.worker}")
    for file in job.files:
        typer.echo(f"  {file.role} {file.name}: {file.bytes:,} bytes, sha256 {file.sha256[:16]}")
