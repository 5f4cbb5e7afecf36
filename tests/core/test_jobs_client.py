"""What the client sends, and how it bears a stream that breaks; tests/api/test_jobs_over_http.py has a real service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from facies.core import jobs_client
from facies.core.client import Client
from facies.core.errors import JobNotFoundError, ServiceUnavailableError
from facies.core.wire_jobs import JobBody, JobOut

from .test_wire_jobs import PLAIN


def job_out(version: int, state: str = "running") -> JobOut:
    return JobOut.model_validate(PLAIN | {"version": version, "state": state})


class Broken(httpx.SyncByteStream):
    """A stream that breaks after some events."""

    def __init__(self, jobs: list[JobOut], *, ends: bool) -> None:
        self._jobs = jobs
        self._ends = ends

    def __iter__(self) -> Iterator[bytes]:
        yield b"retry: 2000\n\n: nothing new\n\n"
        for job in self._jobs:
            yield f"id: {job.version}\nevent: job\ndata: {job.model_dump_json()}\n\n".encode()
        if not self._ends:
            raise httpx.ReadError("the connection broke")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_client, "_LOST_PAUSE_S", 0.001)


def test_a_stream_that_breaks_or_ends_is_taken_up_where_it_was() -> None:
    parts = [
        Broken([job_out(1), job_out(3)], ends=False),
        Broken([], ends=True),
        Broken([job_out(4), job_out(9, "done")], ends=True),
    ]
    known: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        known.append(request.headers.get("Last-Event-ID"))
        return httpx.Response(200, stream=parts[len(known) - 1])

    with Client("http://service", transport=httpx.MockTransport(answer)) as client:
        assert [job.version for job in client.jobs.events("0123456789ab")] == [1, 3, 4, 9]
    assert known == [None, "3", "3"]


@pytest.mark.parametrize("ends", [True, False])
def test_a_service_that_does_not_come_back_is_told(ends: bool) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Broken([], ends=ends))

    with (
        Client("http://service", transport=httpx.MockTransport(answer)) as client,
        pytest.raises(ServiceUnavailableError),
    ):
        list(client.jobs.events("x"))


def test_what_the_service_refuses_is_raised_as_it_was() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        body = {"title": "Not Found", "status": 404, "detail": "no job 'x'", "code": "JobNotFoundError"}
        return httpx.Response(404, json=body)

    with Client("http://service", transport=httpx.MockTransport(answer)) as client:
        for ask in (client.jobs.get, client.jobs.cancel, client.jobs.retry, client.jobs.log):
            with pytest.raises(JobNotFoundError, match="no job 'x'"):
                ask("x")
        with pytest.raises(JobNotFoundError):
            list(client.jobs.events("x"))


def test_ids_are_quoted_and_files_go_along(tmp_path: Path) -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        request.read()
        sent.append(request)
        return httpx.Response(200, json=job_out(1).model_dump(mode="json"))

    (tmp_path / "a b.png").write_bytes(b"pixels")
    with Client("http://service", transport=httpx.MockTransport(answer)) as client:
        client.jobs.get("a/b")
        client.jobs.start(JobBody(kind="index", parameters={"path": "/x"}))
        client.jobs.start(JobBody(kind="copy", priority=3), [tmp_path / "a b.png"])
    assert sent[0].url.raw_path == b"/v1/jobs/a%2Fb"
    assert json.loads(sent[1].content) == {"kind": "index", "parameters": {"path": "/x"}, "priority": 0}
    assert sent[2].url.path == "/v1/jobs/upload"
    assert b'"priority":3' in sent[2].content
    assert b'filename="a b.png"' in sent[2].content
    assert b"pixels" in sent[2].content
