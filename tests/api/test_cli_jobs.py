"""``facies jobs`` beside a service that runs jobs, on the data folder itself and through the service."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from facies.api.cli import jobs_app
from facies.api.cli_jobs import fetch, read_parameters
from facies.api.jobs import start_job
from facies.api.service import Service
from facies.core.actors import Actor
from facies.core.errors import (
    ConfigurationError,
    JobFileError,
    JobNotFoundError,
    JobStateError,
    QueryError,
    UnknownJobKindError,
)
from facies.core.wire_jobs import JobBody, JobFileOut, JobOut
from tests.api.conftest import Run, fill, over, serving, until
from tests.stubs.jobs import open_gate

Jobs = Callable[..., Any]


@pytest.fixture(params=["local", "api"])
def jobs(request: pytest.FixtureRequest, run: Run, working: Service) -> Iterator[Jobs]:
    """The command, on the data folder or through the service."""
    if request.param == "local":
        yield lambda *arguments, **options: run(jobs_app, *arguments, **options)
        return
    with serving(working) as http:
        api = ["--api", str(http.base_url)]
        yield lambda *arguments, **options: run(jobs_app, *arguments, *api, **options)


def start(service: Service, kind: str, sent: Sequence[tuple[str, bytes]] = (), **parameters: object) -> JobOut:
    files = [(name, io.BytesIO(data)) for name, data in sent]
    return start_job(service, JobBody(kind=kind, parameters=parameters), Actor("Ann"), files)


@pytest.fixture
def copied(working: Service) -> JobOut:
    return over(working, start(working, "copy", [("a.csv", b"depth_m\n")], files=["upload:a.csv"]))


def test_a_job_is_ordered_followed_and_shown(jobs: Jobs, working: Service, gallery: Path) -> None:
    fill(working, gallery)
    ordered = jobs("create", "optimise", "collection=g", "--priority", "3")
    assert (ordered["kind"], ordered["priority"], ordered["collection"]) == ("optimise", 3, "g")
    followed = jobs("events", ordered["id"], "--follow")
    assert followed["state"] == "done"
    shown = jobs("show", ordered["id"])
    assert shown["result"]["collection"] == "g"
    assert shown["log"][-1]["line"] == "done"
    told = jobs("show", ordered["id"], as_json=False)
    assert f"{ordered['id']} done      optimise g building the graph" in told
    assert "attempt 1 by " in told
    assert json.loads(jobs("result", ordered["id"], as_json=False)) == shown["result"]


def test_jobs_are_listed_by_state_kind_and_page(jobs: Jobs, working: Service, copied: JobOut) -> None:
    failed = over(working, start(working, "fail", words="no such core"))
    assert [job["id"] for job in jobs("list")["jobs"]] == [failed.id, copied.id]
    assert [job["id"] for job in jobs("list", "--state", "failed")["jobs"]] == [failed.id]
    assert [job["id"] for job in jobs("list", "--kind", "copy")["jobs"]] == [copied.id]
    assert jobs("list", "--collection", "nowhere")["jobs"] == []
    page = jobs("list", "--limit", "1")
    assert page["after"] == failed.id
    assert [job["id"] for job in jobs("list", "--after", page["after"])["jobs"]] == [copied.id]
    assert f"{failed.id} failed    fail     - starting 0: no such core" in jobs("list", as_json=False)


@pytest.mark.parametrize(
    ("failed", "said"), [(["a.png"], ", 1 warning"), (["a.png", "b.png"], ", 2 warnings"), (3, ", 3 warnings")]
)
def test_a_job_that_could_not_read_all_is_told_apart(
    jobs: Jobs, working: Service, failed: object, said: str, copied: JobOut
) -> None:
    begun = over(working, start(working, "report", result={"failed": failed}))
    lines = jobs("list", as_json=False).splitlines()
    assert lines[0] == f"{begun.id} done      report   - reporting 2/2{said}"
    assert lines[1].startswith(f"{copied.id} done")
    assert "warning" not in lines[1]


def test_a_running_job_is_cancelled_and_tried_again(jobs: Jobs, working: Service, gallery: Path) -> None:
    fill(working, gallery)
    with open_gate("a") as gate:
        job = start(working, "hold", collection="g", gate="a")
        gate.wait()
        until(working, job, "running")
        begun = time.monotonic()
        asked = jobs("cancel", job.id)
        assert asked["cancel_requested"]
        assert over(working, job).state == "cancelled"
        assert time.monotonic() - begun < 5
        assert jobs("events", job.id, "--follow", status=1)["result"] == {"attempts": 1}
        assert jobs("retry", job.id)["state"] in ("queued", "running")
        gate.wait()
    assert over(working, job).result == {"attempts": 2}
    with pytest.raises(JobStateError, match="is done, expected failed or cancelled"):
        jobs("retry", job.id)


def test_results_are_fetched_once_and_never_written_over(jobs: Jobs, copied: JobOut, tmp_path: Path) -> None:
    told = jobs("result", copied.id, "--out", str(tmp_path / "out"))
    assert told["files"] == ["a.csv", "copies/a.csv"]
    assert (tmp_path / "out" / "copies" / "a.csv").read_bytes() == b"depth_m\n"
    assert (tmp_path / "out" / "a.csv").read_text() == "of the same name as an input", "a result, not the input"
    with pytest.raises(JobFileError, match="name another folder"):
        jobs("result", copied.id, "--out", str(tmp_path / "out"))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.csv", "copies"]


def test_what_cannot_be_is_told(jobs: Jobs, tmp_path: Path) -> None:
    for command in (["show"], ["cancel"], ["retry"], ["events"], ["events", "--follow"], ["result"]):
        with pytest.raises(JobNotFoundError, match="facies jobs list"):
            jobs(*command, "nobody")
    with pytest.raises(UnknownJobKindError, match="Did you mean optimise"):
        jobs("create", "optimize", "collection=g")
    with pytest.raises(ConfigurationError, match="NAME=VALUE"):
        jobs("create", "optimise", "g")
    with pytest.raises(ConfigurationError, match="expected queued, running, done"):
        jobs("list", "--state", "paused")
    with pytest.raises(ConfigurationError, match="is no file"):
        jobs("create", "optimise", "collection=g", "--file", str(tmp_path / "none"))


def test_a_job_waits_where_nobody_works(run: Run, tmp_path: Path) -> None:
    ordered = run(jobs_app, "create", "index", "collection=g", f"path={tmp_path}", "labels=folder")
    assert (ordered["state"], ordered["parameters"]["labels"]) == ("queued", "folder")
    assert run(jobs_app, "events", ordered["id"])["state"] == "queued"
    assert run(jobs_app, "cancel", ordered["id"])["state"] == "cancelled"


@pytest.mark.parametrize("texts", [["a"], ["=1"], ["a=1", "a=2"], [""]])
def test_parameters_that_are_none(texts: list[str]) -> None:
    with pytest.raises(ConfigurationError):
        read_parameters(texts)


class Sender:
    """A service that sends what it likes."""

    def download(self, _: JobFileOut, target: io.BytesIO) -> None:
        target.write(b"other bytes")


@pytest.mark.parametrize(("name", "words"), [("../a", "outside"), ("/a", "outside"), ("a", "came with hash")])
def test_a_service_that_sends_something_else_writes_nothing(tmp_path: Path, name: str, words: str) -> None:
    file = JobFileOut(name=name, role="result", bytes=1, sha256="0" * 64, path="/v1/jobs/x/files/a")
    with pytest.raises(JobFileError, match=words):
        fetch(Sender(), "x", file, tmp_path / "out")  # type: ignore[arg-type]  # all that is asked of a backend here
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_kind_that_no_body_can_name_is_told(run: Run) -> None:
    with pytest.raises(QueryError, match="kind"):
        run(jobs_app, "create", "x" * 65)
