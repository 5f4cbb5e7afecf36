"""Streams of a job's changes, over a story that stands in for the catalogue."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.responses import Response

from facies.api import job_events
from facies.api.job_events import JobStream, JobStreams, event_of, follow_job, read_version
from facies.core.errors import JobNotFoundError, QueryError, TooManyFollowersError
from facies.core.wire_jobs import JobOut

SCOPE = {"type": "http", "method": "GET", "path": "/", "headers": [], "asgi": {"version": "3.0", "spec_version": "2.3"}}


def job_out(version: int, state: str = "running", **more: Any) -> JobOut:
    values = {
        "id": "0123456789ab",
        "kind": "index",
        "state": state,
        "collection": "c",
        "parameters": {},
        "priority": 0,
        "needs": "cpu",
        "device": None,
        "actor": "ann",
        "stage": "a\nb",
        "done": version,
        "total": None,
        "rate_per_s": None,
        "seconds_left": None,
        "attempt": 1,
        "max_attempts": 3,
        "worker": "w",
        "cancel_requested": False,
        "created_at": datetime(2026, 3, 4, tzinfo=UTC),
        "started_at": None,
        "finished_at": None,
        "heartbeat_at": None,
        "error": None,
        "version": version,
    }
    return JobOut.model_validate(values | more)


class Story:
    """A job that is one step further at every look; at its end it stays as it is, or is gone."""

    def __init__(self, steps: Sequence[JobOut], *, gone: bool = False) -> None:
        self._steps = list(steps)
        self._gone = gone
        self.looks = 0

    def __call__(self, known: int) -> JobOut | None:
        if known < 0 and self.looks == 0:  # the first look is the one before the stream
            self.looks += 1
            return self._steps[0]
        place = min(self.looks - 1, len(self._steps) - 1)
        if self._gone and self.looks > len(self._steps):
            raise JobNotFoundError("0123456789ab")
        self.looks += 1
        job = self._steps[place]
        return job if job.version > known else None


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_events, "POLL_S", 0.005)


async def read_stream(response: Response) -> list[str]:
    sent: list[bytes] = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            sent.append(message["body"])

    async def receive() -> Any:
        await asyncio.Event().wait()  # a client that stays

    await response(SCOPE, receive, send)
    return [block for block in b"".join(sent).decode().split("\n\n") if block]


def versions(blocks: Sequence[str]) -> list[int]:
    return [int(block.splitlines()[0].removeprefix("id: ")) for block in blocks if block.startswith("id:")]


def follow(story: Story, last_event: str | None = None, streams: JobStreams | None = None) -> list[str]:
    async def go() -> list[str]:
        return await read_stream(await follow_job(streams or JobStreams(), story, last_event))

    return asyncio.run(go())


def test_each_change_is_sent_once_and_the_end_ends_the_stream() -> None:
    steps = [job_out(1), job_out(1), job_out(4), job_out(4), job_out(4), job_out(7, "done")]
    blocks = follow(Story(steps))
    assert blocks[0] == "retry: 2000"
    assert versions(blocks) == [1, 4, 7]


def test_an_event_is_one_line_of_json_that_reads_back() -> None:
    job = job_out(3, result={"text": "line\nbreak \u2028"}, parameters={"a": [1, {"b": None}]})
    lines = event_of(job).decode().split("\n")
    assert [line.partition(":")[0] for line in lines] == ["id", "event", "data", "", ""]
    assert JobOut.model_validate(json.loads(lines[2].removeprefix("data: "))) == job


def test_a_stream_that_is_taken_up_again_sends_only_what_is_new() -> None:
    assert versions(follow(Story([job_out(4), job_out(4), job_out(6, "failed")]), "4")) == [6]


def test_a_browser_that_has_the_last_version_is_told_to_ask_no_more() -> None:
    async def go(last_event: str) -> Response:
        return await follow_job(JobStreams(), Story([job_out(6, "done")]), last_event)

    assert asyncio.run(go("6")).status_code == 204
    assert isinstance(asyncio.run(go("5")), JobStream)


def test_a_quiet_stream_is_kept_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_events, "KEEP_ALIVE_S", 0.02)
    blocks = follow(Story([job_out(1)] * 30 + [job_out(2, "done")]))
    assert ": nothing new" in blocks
    assert versions(blocks) == [1, 2]


def test_a_job_that_is_removed_meanwhile_ends_its_stream() -> None:
    assert versions(follow(Story([job_out(1), job_out(2)], gone=True))) == [1, 2]


def test_the_end_of_the_service_ends_every_stream_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_events, "POLL_S", 60.0)

    async def go() -> list[list[str]]:
        streams = JobStreams()
        opened = [await follow_job(streams, Story([job_out(1)]), None) for _ in range(3)]
        reading = [asyncio.create_task(read_stream(one)) for one in opened]
        await asyncio.sleep(0.2)
        streams.end()
        async with asyncio.timeout(10):
            return await asyncio.gather(*reading)

    assert [versions(blocks) for blocks in asyncio.run(go())] == [[1], [1], [1]]


def test_only_so_many_streams_are_open_and_each_place_comes_back() -> None:
    async def go() -> None:
        streams = JobStreams(most=1)
        left = asyncio.Event()

        async def receive() -> Any:
            await left.wait()
            return {"type": "http.disconnect"}

        async def drop(message: Any) -> None:
            del message

        first = await follow_job(streams, Story([job_out(1)]), None)
        sending = asyncio.create_task(first(SCOPE, receive, drop))
        await asyncio.sleep(0.05)
        with pytest.raises(TooManyFollowersError, match="1"):
            await read_stream(await follow_job(streams, Story([job_out(1, "done")]), None))
        left.set()
        await sending
        blocks = await read_stream(await follow_job(streams, Story([job_out(1, "done")]), None))
        assert versions(blocks) == [1]
        await follow_job(streams, Story([job_out(1)]), None)  # never sent, so never counted
        assert versions(await read_stream(await follow_job(streams, Story([job_out(1, "done")]), None))) == [1]

    asyncio.run(go())


def test_a_place_comes_back_when_sending_fails() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x"
        raise OSError("gone")

    async def go() -> None:
        streams = JobStreams(most=1)
        for _ in range(2):
            with pytest.raises(OSError, match="gone"):
                await read_stream(JobStream(streams, broken()))

    asyncio.run(go())


@pytest.mark.parametrize("header", ["x", "-1", "1.5", "\u0663", "9" * 30, "1 2"])
def test_a_version_that_is_none_is_refused(header: str) -> None:
    with pytest.raises(QueryError, match="Last-Event-ID"):
        read_version(header)
