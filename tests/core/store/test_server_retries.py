"""Which failures pass, and how long is waited for it."""

from __future__ import annotations

from threading import Event
from typing import Any

import grpc
import httpx
import pytest
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException, UnexpectedResponse

from facies.core.store.server_errors import UnfinishedWriteError
from facies.core.store.server_retries import Patience, is_passing, retry_after_s


class Lost(grpc.RpcError, grpc.Call):
    """A failed call, as the client raises it."""

    def __init__(self, code: grpc.StatusCode, text: str = "", wait: str | None = None) -> None:
        self._code, self._text, self._wait = code, text, wait

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return self._text

    def trailing_metadata(self) -> Any:
        return (("retry-after", self._wait),) if self._wait else ()

    def _unused(self, *_: object) -> Any:
        raise NotImplementedError

    initial_metadata = is_active = time_remaining = cancel = _unused

    def add_callback(self, callback: object) -> bool:
        raise NotImplementedError


def answer(status: int, headers: dict[str, str] | None = None) -> UnexpectedResponse:
    return UnexpectedResponse(status, "reason", b"", httpx.Headers(headers))


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (ResponseHandlingException(httpx.ConnectError("refused")), True),
        (ResponseHandlingException(httpx.ReadTimeout("slow")), True),
        (ResponseHandlingException(httpx.RemoteProtocolError("disconnected")), True),
        (ResponseHandlingException(httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed")), False),
        (ResponseHandlingException(httpx.UnsupportedProtocol("gopher")), False),
        (ResponseHandlingException(ValueError("no JSON")), False),
        (ResourceExhaustedResponse("busy", 1), True),
        *((answer(status), True) for status in (408, 429, 502, 503, 504)),
        *((answer(status), False) for status in (400, 401, 403, 404, 409, 413, 500, 507)),
        (Lost(grpc.StatusCode.UNAVAILABLE, "Socket closed"), True),
        (Lost(grpc.StatusCode.DEADLINE_EXCEEDED), True),
        (Lost(grpc.StatusCode.RESOURCE_EXHAUSTED, "Rate limiting exceeded"), True),
        (Lost(grpc.StatusCode.RESOURCE_EXHAUSTED, "Received message larger than max (5 vs. 4)"), False),
        (Lost(grpc.StatusCode.CANCELLED, "Received RST_STREAM with error code 8"), True),
        (Lost(grpc.StatusCode.UNAVAILABLE, "Ssl handshake failed: CERTIFICATE_VERIFY_FAILED"), False),
        (Lost(grpc.StatusCode.NOT_FOUND), False),
        (Lost(grpc.StatusCode.INVALID_ARGUMENT), False),
        (Lost(grpc.StatusCode.UNAUTHENTICATED), False),
        (UnfinishedWriteError("acknowledged"), True),
        (ApiException("odd"), False),
        (KeyboardInterrupt(), False),
        (None, False),
    ],
)
def test_what_passes(error: BaseException | None, passes: bool) -> None:
    assert is_passing(error) is passes


def test_the_time_that_a_server_asks_for() -> None:
    assert retry_after_s(ResourceExhaustedResponse("busy", 3)) == 3
    assert retry_after_s(answer(503, {"Retry-After": "2"})) == 2
    assert retry_after_s(answer(503, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"})) is None
    assert retry_after_s(answer(503)) is None
    assert retry_after_s(Lost(grpc.StatusCode.RESOURCE_EXHAUSTED, wait="4")) == 4
    assert retry_after_s(Lost(grpc.StatusCode.RESOURCE_EXHAUSTED)) is None
    assert retry_after_s(ValueError()) is None


def calls_until_given_up(patience: Patience, error: Exception) -> tuple[int, list[float]]:
    """How often a call that always fails is made, and how long is waited between."""
    made = 0
    waits: list[float] = []

    def fail() -> None:
        nonlocal made
        made += 1
        raise error

    retrying = patience.retrying("here", Event())
    retrying.sleep = waits.append
    with pytest.raises(type(error)):
        retrying(fail)
    return made, waits


def test_the_waits_grow_up_to_their_bound_and_differ() -> None:
    patience = Patience(max_retries=9, first_wait_s=1.0, longest_wait_s=20.0)
    bounds = [1, 2, 4, 8, 16, 20, 20, 20, 20]
    drawn = [calls_until_given_up(patience, answer(503)) for _ in range(40)]
    for made, waits in drawn:
        assert made == 10
        assert all(0 <= wait <= bound for wait, bound in zip(waits, bounds, strict=True))
    largest = [max(waits[i] for _, waits in drawn) for i in range(9)]
    assert all(most > bound / 2 for most, bound in zip(largest, bounds, strict=True))
    assert len({waits[3] for _, waits in drawn}) > 30


def test_a_time_that_was_asked_for_is_waited_at_least() -> None:
    _, waits = calls_until_given_up(Patience(max_retries=3), answer(503, {"Retry-After": "5"}))
    assert len(waits) == 3
    assert all(wait >= 5 for wait in waits)


def test_more_than_the_bound_is_not_waited() -> None:
    patience = Patience(max_retries=3, longest_wait_s=4.0)
    assert calls_until_given_up(patience, answer(503, {"Retry-After": "5"})) == (1, [])


def test_what_does_not_pass_is_asked_once() -> None:
    assert calls_until_given_up(Patience(max_retries=9), answer(400)) == (1, [])
    assert calls_until_given_up(Patience(max_retries=0), answer(503)) == (1, [])
