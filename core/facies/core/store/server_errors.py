"""What a Qdrant server, or the way to it, can answer instead of an answer; turned into our errors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from qdrant_client.common.client_exceptions import QdrantException, ResourceExhaustedResponse
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException, UnexpectedResponse

from facies.core.errors import FaciesError, StorageError, StoreError, StoreUnavailableError

_DISK_FULL = re.compile(r"no space left|out of disk|disk (?:is )?full|read-only file system", re.IGNORECASE)
_BUSY = frozenset({408, 429, 502, 503, 504})


class MissingCollectionError(StoreError):
    """The server has no such collection; caught where the names that exist can be told."""


@contextmanager
def server_errors(where: str) -> Iterator[None]:
    """Turn what the client raises into our errors.

    Args:
        where: the server, for messages.

    Raises:
        MissingCollectionError: no such collection.
        StoreUnavailableError: no connection, no answer in time, overload, or the key was refused.
        StorageError: the server's disk is full.
        StoreError: anything else that the server refuses.
    """
    try:
        yield
    except (ApiException, QdrantException) as error:
        raise _translate(where, error) from error
    except AssertionError as error:  # how the client meets an answer without a result
        raise StoreUnavailableError(where, "what answers there is no Qdrant server") from error
    except ValueError as error:  # what the client's local mode raises where a server answers 4xx
        if re.search(r"Collection .* not found", str(error)):
            raise MissingCollectionError(str(error)) from error
        raise StoreError(f"the vector store at {where} refused the request: {error}") from error


def _translate(where: str, error: Exception) -> FaciesError:
    if isinstance(error, ResponseHandlingException):
        return StoreUnavailableError(where, f"{error.source} ({type(error.source).__name__})")
    if isinstance(error, ResourceExhaustedResponse):
        return StoreUnavailableError(where, f"it is overloaded; try again in {error.retry_after_s} s")
    if isinstance(error, UnexpectedResponse):
        return _translate_status(where, error.status_code, error.content.decode(errors="replace"))
    return StoreError(f"the vector store at {where} failed: {error}")


def _translate_status(where: str, status: int | None, text: str) -> FaciesError:
    if status in (401, 403):
        return StoreUnavailableError(where, f"it refused the API key ({status}); set FACIES_STORE__API_KEY")
    if status == 404 and "ollection" in text:
        return MissingCollectionError(text)
    if _DISK_FULL.search(text):
        return StorageError(where, text)
    if status in _BUSY:
        return StoreUnavailableError(where, f"{status} {text[:500]}")
    return StoreError(f"the vector store at {where} refused the request: {status} {text[:500]}")
