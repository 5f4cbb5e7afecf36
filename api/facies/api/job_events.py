"""Following a job over HTTP: server-sent events, each with the job as it stands.

The catalogue is asked a few times a second, whoever writes to it: a thread of this service, or a worker elsewhere. What
has not changed is not sent. A stream ends with the job, with the client, or with the service.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import TypeAlias

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from facies.core.errors import JobNotFoundError, QueryError, TooManyFollowersError
from facies.core.wire_jobs import JobOut

MEDIA_TYPE = "text/event-stream"
MOST_STREAMS = 64
"""At once: each asks the catalogue `1 / POLL_S` times a second."""

POLL_S = 0.5
KEEP_ALIVE_S = 15.0
"""After so long without a change a comment is sent, so that proxies keep the connection and a client knows of us."""

RETRY_MS = 2000
"""After how long a browser takes up a broken stream."""

ReadChanged: TypeAlias = Callable[[int], JobOut | None]
"""The job as it stands, where its version is above a number; None where nothing changed."""

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}


class JobStreams:
    """The open streams of one service: so many at once, and all ended when the service ends."""

    def __init__(self, most: int = MOST_STREAMS) -> None:
        """Begin without streams."""
        self._most = most
        self._open = 0
        self._ending = asyncio.Event()

    def end(self) -> None:
        """End all streams, and let no further one begin; to be called in the server's loop."""
        self._ending.set()

    def enter(self) -> None:
        """Count one stream more.

        Raises:
            TooManyFollowersError: there are as many as may be.
        """
        if self._open >= self._most:
            raise TooManyFollowersError(self._most)
        self._open += 1

    def leave(self) -> None:
        """Count one stream less."""
        self._open -= 1

    async def wait(self, timeout_s: float) -> bool:
        """Wait for a while; whether the service ended meanwhile."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._ending.wait()
        except TimeoutError:
            return False
        return True


class JobStream(StreamingResponse):
    """One stream, counted for as long as it is sent, however it ends."""

    def __init__(self, streams: JobStreams, content: AsyncIterator[bytes]) -> None:
        """Nothing is counted before it is sent: a response that is dropped would be counted for ever."""
        super().__init__(content, media_type=MEDIA_TYPE, headers=_HEADERS)
        self._streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        self._streams.enter()
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._streams.leave()


async def follow_job(streams: JobStreams, read_changed: ReadChanged, last_event: str | None) -> Response:
    """A stream of a job's changes.

    Args:
        streams: of the service.
        read_changed: asks the catalogue; called in other threads.
        last_event: the header `Last-Event-ID`: the version that the client has. Where that is the job's last one the
            answer is 204, which tells a browser to ask no more.

    Raises:
        JobNotFoundError: no such job.
        QueryError: `last_event` is no version.
    """
    known = read_version(last_event)
    first = await run_in_threadpool(read_changed, -1)
    if first is not None and first.is_over and first.version <= known:
        return Response(status_code=204, headers=_HEADERS)
    return JobStream(streams, _events(streams, read_changed, known))


def read_version(header: str | None) -> int:
    """The version that a client has; -1 where it has none.

    Raises:
        QueryError: the header holds something else.

    Example:
        >>> read_version("17"), read_version(None)
        (17, -1)
    """
    if header is None or not header.strip():
        return -1
    if not (header.strip().isdecimal() and header.isascii() and len(header) < 20):
        raise QueryError(f"Last-Event-ID is the id of an event of this stream, a whole number, got {header[:40]!r}")
    return int(header)


def event_of(job: JobOut) -> bytes:
    """A job as an event; JSON has no line break, which would end the field."""
    return f"id: {job.version}\nevent: job\ndata: {job.model_dump_json()}\n\n".encode()


async def _events(streams: JobStreams, read_changed: ReadChanged, known: int) -> AsyncIterator[bytes]:
    yield f"retry: {RETRY_MS}\n\n".encode()
    told = time.monotonic()
    while True:
        try:
            job = await run_in_threadpool(read_changed, known)
        except JobNotFoundError:  # it was there when the stream began
            return
        if job is not None:
            known, told = job.version, time.monotonic()
            yield event_of(job)
            if job.is_over:
                return
        elif time.monotonic() - told >= KEEP_ALIVE_S:
            told = time.monotonic()
            yield b": nothing new\n\n"
        if await streams.wait(POLL_S):
            return
