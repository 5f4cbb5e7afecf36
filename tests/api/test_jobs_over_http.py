"""Jobs through the real server: ordered, followed, listed, with files."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from facies.api import job_events
from facies.api.collections import create_collection
from facies.api.job_events import JobStreams
from facies.api.service import Service
from facies.core.client import Client
from facies.core.errors import (
    AccessError,
    JobNotFoundError,
    JobStateError,
    QueryError,
    TooManyFollowersError,
    UnknownJobKindError,
)
from facies.core.wire import CollectionBody
from facies.core.wire_jobs import JobBody, JobOut
from tests.stubs.jobs import Gate, open_gate

from .conftest import CARD, over, serving


@pytest.fixture
def http(working: Service) -> Iterator[httpx.Client]:
    create_collection(working, CollectionBody(name="c", model=CARD))
    with serving(working) as client:
        yield client


@pytest.fixture
def client(http: httpx.Client) -> Iterator[Client]:
    with Client(str(http.base_url), user="Ann") as opened:
        yield opened


def hold(client: Client, gate: Gate) -> JobOut:
    return client.jobs.start(JobBody(kind="hold", parameters={"collection": "c", "gate": gate.name}))


def test_a_job_is_ordered_and_told_by_its_location(http: httpx.Client) -> None:
    body = {"kind": "fail", "parameters": {"words": "x"}, "priority": 7}
    response = http.post("/v1/jobs", json=body, headers={"X-Facies-User": "Ann"})
    assert response.status_code == 202
    job = response.json()
    assert response.headers["location"] == f"/v1/jobs/{job['id']}"
    assert (job["actor"], job["priority"], job["parameters"]) == ("Ann", 7, {"words": "x", "error": "expected"})
    assert http.get(response.headers["location"]).json()["id"] == job["id"]


def test_every_change_is_told_until_the_job_is_over(client: Client) -> None:
    with open_gate("a") as gate:
        job = hold(client, gate)
        told: list[JobOut] = []
        for one in client.jobs.events(job.id):
            told.append(one)
            if one.stage == "waiting":
                gate.go.set()
    assert told[-1].state == "done"
    assert told[-1] == client.jobs.get(job.id)
    versions = [one.version for one in told]
    assert versions == sorted(set(versions))


def test_a_stream_looks_as_browsers_want_it(http: httpx.Client, client: Client, working: Service) -> None:
    job = over(working, client.jobs.start(JobBody(kind="fail", parameters={"words": "line\nbreak"})))
    response = http.get(f"/v1/jobs/{job.id}/events")
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-store"
    head, event, rest = response.text.split("\n\n")
    assert (head, rest) == ("retry: 2000", "")
    fields = dict(line.split(": ", 1) for line in event.split("\n"))
    assert (fields["id"], fields["event"]) == (str(job.version), "job")
    assert json.loads(fields["data"])["error"]["message"] == "line\nbreak"
    known = http.get(f"/v1/jobs/{job.id}/events", headers={"Last-Event-ID": str(job.version)})
    assert (known.status_code, known.content) == (204, b"")
    wrong = http.get(f"/v1/jobs/{job.id}/events", headers={"Last-Event-ID": "x"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "QueryError")
    with pytest.raises(JobNotFoundError):
        next(client.jobs.events("nothing"))


def test_the_end_of_the_service_ends_streams_before_it_loses_patience(working: Service) -> None:
    create_collection(working, CollectionBody(name="c", model=CARD))
    ended = threading.Event()

    def read(url: str) -> None:
        with httpx.stream("GET", url, timeout=60, trust_env=False) as response:
            for _ in response.iter_lines():
                pass
        ended.set()

    with open_gate("a") as gate:
        with serving(working) as http, Client(str(http.base_url)) as client:
            job = hold(client, gate)
            gate.wait()
            thread = threading.Thread(target=read, args=(f"{http.base_url}/v1/jobs/{job.id}/events",))
            thread.start()
            time.sleep(0.5)
            assert not ended.is_set()
            began = time.monotonic()
        assert time.monotonic() - began < 4  # a request that goes on is given 5 s
        thread.join(20)
    assert ended.is_set()


def test_a_client_that_leaves_gives_its_place_back(working: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(JobStreams.__init__, "__defaults__", (1,))
    create_collection(working, CollectionBody(name="c", model=CARD))
    with (
        open_gate("a") as gate,
        serving(working) as http,
        Client(str(http.base_url)) as client,
        httpx.Client(base_url=http.base_url, trust_env=False, timeout=60) as another,
    ):
        job = hold(client, gate)
        with another.stream("GET", f"/v1/jobs/{job.id}/events") as first:
            lines = first.iter_lines()  # kept: the stream is closed with it
            assert next(lines) == "retry: 2000"
            response = http.get(f"/v1/jobs/{job.id}/events")
            assert (response.status_code, response.json()["code"]) == (503, TooManyFollowersError.__name__)
        gate.go.set()
        deadline = time.monotonic() + 20
        while (response := http.get(f"/v1/jobs/{job.id}/events")).status_code == 503:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert response.status_code == 200


def test_files_come_with_a_job_and_go_back_out(client: Client, working: Service, tmp_path: Path) -> None:
    paths = [tmp_path / "a.png", tmp_path / "strokes 1.json"]
    for number, path in enumerate(paths):
        path.write_bytes(bytes([number]) * 100_000)
    body = JobBody(kind="copy", parameters={"files": [f"upload:{path.name}" for path in paths]})
    job = over(working, client.jobs.start(body, paths))
    assert job.result == {"a.png": 100_000, "strokes 1.json": 100_000}
    made = {file.name: file for file in job.files if file.role == "result"}
    for path in paths:
        with (tmp_path / "back").open("w+b") as target:
            client.jobs.download(made[f"copies/{path.name}"], target)
            target.seek(0)
            assert target.read() == path.read_bytes()


def test_what_cannot_be_ordered_is_refused_with_its_class(http: httpx.Client, client: Client, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    with pytest.raises(UnknownJobKindError, match="index"):
        client.jobs.start(JobBody(kind="indx"))
    with pytest.raises(AccessError):
        client.jobs.start(JobBody(kind="index", parameters={"collection": "c", "path": "/etc"}))
    with pytest.raises(QueryError, match="came with the request"):
        client.jobs.start(JobBody(kind="fail", parameters={"words": "x"}), [tmp_path / "a.png"])
    response = http.post("/v1/jobs/upload", data={"job": "{"}, files=[("files", ("a.png", b"x"))])
    assert (response.status_code, response.json()["code"]) == (422, "QueryError")
    response = http.post("/v1/jobs", json={"kind": "fail", "parameters": {"words": "x"}, "priority": 1000})
    assert response.status_code == 422
    assert client.jobs.list().jobs == []


def test_an_upload_that_is_too_large_is_refused(working: Service, tmp_path: Path) -> None:
    small = working.settings.model_copy(
        update={"api": working.settings.api.model_copy(update={"max_upload_bytes": 9999})}
    )
    with serving(working, small) as http:
        body = JobBody(kind="copy", parameters={"files": ["upload:a.png"]}).model_dump_json()
        response = http.post("/v1/jobs/upload", data={"job": body}, files=[("files", ("a.png", b"x" * 10_000))])
    assert (response.status_code, response.json()["code"]) == (413, "ImageTooLargeError")
    assert not [path for path in working.desk.root.iterdir() if path.is_dir()]


def test_a_foreign_page_starts_no_job(http: httpx.Client) -> None:
    response = http.post("/v1/jobs", json={"kind": "fail"}, headers={"Origin": "https://evil.example"})
    assert (response.status_code, response.json()["code"]) == (403, "AccessError")


def test_jobs_are_listed_cancelled_and_tried_again(client: Client, working: Service) -> None:
    with ExitStack() as gates:
        gate = gates.enter_context(open_gate("a"))
        first, second = hold(client, gate), hold(client, gate)
        gate.wait()
        assert [job.id for job in client.jobs.list(state="running").jobs] == [first.id]
        page = client.jobs.list(collection="c", limit=1)
        assert [job.id for job in page.jobs] == [second.id]
        assert [job.id for job in client.jobs.list(collection="c", after=page.after).jobs] == [first.id]
        assert client.jobs.cancel(second.id).state == "cancelled"
        assert client.jobs.cancel(second.id).version == client.jobs.get(second.id).version
        with pytest.raises(JobStateError):
            client.jobs.retry(first.id)
        assert client.jobs.retry(second.id).state == "queued"
    assert over(working, client.jobs.get(second.id)).state == "done"
    log = client.jobs.log(second.id)
    assert "at the gate" in [line.line for line in log.lines]
    assert client.jobs.log(second.id, after=log.after).lines == []
    assert len(client.jobs.log(second.id, limit=1).lines) == 1


def test_streams_look_often_enough_to_be_useful_and_seldom_enough_to_be_cheap() -> None:
    assert 0.1 <= job_events.POLL_S <= 1
    assert job_events.MOST_STREAMS / job_events.POLL_S <= 200
