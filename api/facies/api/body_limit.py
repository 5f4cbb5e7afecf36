"""A limit on the bytes of a request, kept while they arrive and not after."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from facies.api.problems import problem_of, problem_response
from facies.core.errors import FaciesError, ImageTooLargeError, QueryError

MAX_JSON_BYTES = 8 * 2**20
"""A body that is not an upload is held in memory as a whole; the largest sensible filter is far smaller."""


_DRAIN_BYTES = 64 * 2**20
_DRAIN_S = 5.0


class BodyLimit:
    """ASGI middleware: refuses a body by its declared length, or as soon as more has come than the limit."""

    def __init__(self, app: ASGIApp, max_upload_bytes: int) -> None:
        self._app = app
        self._max_upload_bytes = max_upload_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a counting ``receive``."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_upload = headers.get("content-type", "").startswith("multipart/form-data")
        declared = headers.get("content-length", "")
        if declared.isdecimal() and (error := self._refusal(int(declared), is_upload)):
            await drain_body(receive)
            await problem_response(problem_of(error), {"Connection": "close"})(scope, receive, send)
            return
        came = 0

        async def counting_receive() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if error := self._refusal(came, is_upload):
                await drain_body(receive)
                raise error
            return message

        await self._app(scope, counting_receive, send)

    def _refusal(self, got: int, is_upload: bool) -> FaciesError | None:
        if is_upload and got > self._max_upload_bytes:
            return ImageTooLargeError(
                "the upload", got, self._max_upload_bytes, unit="bytes", setting="FACIES_API__MAX_UPLOAD_BYTES"
            )
        if not is_upload and got > MAX_JSON_BYTES:
            return QueryError(f"the request's body has more than {MAX_JSON_BYTES:,} bytes; send a smaller query")
        return None


async def drain_body(receive: Receive) -> None:
    """Read and drop what the client still sends, within bounds.

    A connection that is closed over unread bytes is reset, and the client then sees a broken connection in place of the
    reason. Most clients listen only after they have sent everything.
    """
    dropped = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_S):
            while dropped < _DRAIN_BYTES:
                message = await receive()
                dropped += len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return
