"""Trying again while a server is busy or out of reach.

Every call of the store may be repeated: ids are deterministic, writes say what shall be and not what shall change, and
a creation that finds its work done looks whether it is what was wanted. So an answer that was lost on the way back
costs a repetition and nothing else.
"""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass
from threading import Event

import grpc
import httpx
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, stop_when_event_set
from tenacity.nap import sleep_using_event

from facies.core.store.server_errors import BUSY, GRPC_BUSY, UNTRUSTED, UnfinishedWriteError, grpc_status

_log = logging.getLogger(__name__)

_LOST_STREAM = ("RST_STREAM", "Stream removed", "GOAWAY")
"""How gRPC names a connection that broke in the middle of a call, under several statuses."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call waits for a server.

    Attributes:
        max_retries: how often it is tried again, at least 0.
        first_wait_s: most seconds before the first retry; doubled each time.
        longest_wait_s: most seconds before any retry. A server that asks for more is not waited for.
    """

    max_retries: int = 5
    first_wait_s: float = 0.5
    longest_wait_s: float = 60.0

    def retrying(self, where: str, closed: Event) -> Retrying:
        """Make what repeats a call; it gives up at once when ``closed`` is set.

        Full jitter: any time from nothing to the bound, so that many clients do not come back together.
        Source: Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
        """
        return Retrying(
            retry=retry_if_exception(self._passes),
            wait=self._wait,
            stop=stop_after_attempt(self.max_retries + 1) | stop_when_event_set(closed),
            sleep=sleep_using_event(closed),
            before_sleep=lambda state: _log.warning(
                "%s did not answer (%s); trying again in %.1f s", where, _reason(state), state.upcoming_sleep
            ),
            reraise=True,
        )

    def _passes(self, error: BaseException) -> bool:
        return is_passing(error) and (retry_after_s(error) or 0) <= self.longest_wait_s

    def _wait(self, state: RetryCallState) -> float:
        bound = min(self.longest_wait_s, self.first_wait_s * 2 ** (state.attempt_number - 1))
        jitter = random.uniform(0, bound)  # noqa: S311 (spreads clients in time, keeps no secret)
        return (retry_after_s(_error(state)) or 0) + jitter


def is_passing(error: BaseException | None) -> bool:
    """Tell whether the same call may succeed in a moment."""
    match error:
        case UnfinishedWriteError() | ResourceExhaustedResponse():
            return True
        case UnexpectedResponse(status_code=status):
            return status in BUSY
        case ResponseHandlingException(source=httpx.UnsupportedProtocol() | httpx.LocalProtocolError()):
            return False
        case ResponseHandlingException(source=httpx.TransportError() as source):
            return UNTRUSTED not in str(source)
        case grpc.RpcError():
            code, text = grpc_status(error)
            too_large = "larger than max" in text
            lost = any(word in text for word in _LOST_STREAM)
            return (code in GRPC_BUSY or lost) and not too_large and UNTRUSTED not in text
        case _:
            return False


def retry_after_s(error: BaseException | None) -> float | None:
    """Read how many seconds the server wants to be left alone, if it says."""
    match error:
        case ResourceExhaustedResponse():
            return float(error.retry_after_s)
        case UnexpectedResponse():
            return _seconds(error.headers.get("Retry-After"))
        case grpc.RpcError() if isinstance(error, grpc.Call):
            return _seconds(dict(error.trailing_metadata() or ()).get("retry-after"))
        case _:
            return None


def _seconds(text: object) -> float | None:
    return float(text) if isinstance(text, str) and text.isdecimal() else None


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _reason(state: RetryCallState) -> str:
    error = _error(state)
    source = error.source if isinstance(error, ResponseHandlingException) else error
    return f"{type(source).__name__} {source}".split("\n", maxsplit=1)[0][:200]
