"""What a Qdrant server, or the way to it, can answer instead of an answer; turned into our errors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import grpc
from qdrant_client.common.client_exceptions import QdrantException, ResourceExhaustedResponse
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException, UnexpectedResponse

from facies.core.errors import FaciesError, StorageError, StoreError, StoreUnavailableError

UNTRUSTED: Final = "CERTIFICATE_VERIFY_FAILED"
"""Stands in the text of a connection that failed because the certificate is not trusted."""

BUSY: Final = frozenset({408, 429, 502, 503, 504})
"""HTTP statuses of a server that may answer in a moment."""

GRPC_BUSY: Final = frozenset(
    {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED}
)
"""gRPC's statuses of a server that may answer in a moment."""

_DISK_FULL = re.compile(r"no space left|out of disk|disk (?:is )?full|read-only file system", re.IGNORECASE)


class MissingCollectionError(StoreError):
    """The server has no such collection; caught where the names that exist can be told."""


class AlreadyThereError(StoreError):
    """The server has what was to be made; caught where it can be told whether it is what was wanted."""


class UnknownPointError(StoreError):
    """The server has no such point; caught where unknown ids are to be passed over."""


class UnfinishedWriteError(StoreError):
    """The server has taken a write but not applied it yet."""


@contextmanager
def server_errors(where: str) -> Iterator[None]:
    """Turn what the client raises into our errors.

    Args:
        where: the server, for messages.

    Raises:
        MissingCollectionError, AlreadyThereError, UnknownPointError: as they say.
        StoreUnavailableError: no connection, no answer in time, overload, or the key was refused.
        StorageError: the server's disk is full.
        StoreError: anything else that the server refuses.
    """
    try:
        yield
    except (ApiException, QdrantException) as error:
        raise _translate(where, error) from error
    except grpc.RpcError as error:
        raise _translate_grpc(where, error) from error
    except UnfinishedWriteError as error:
        raise StoreUnavailableError(where, str(error)) from error
    except AssertionError as error:  # how the client meets an answer without a result
        raise StoreUnavailableError(where, "what answers there is no Qdrant server") from error
    except ValueError as error:  # the client refuses a closed connection, and what it cannot translate
        raise StoreError(f"the vector store at {where} cannot be asked this: {error}") from error


def _translate(where: str, error: Exception) -> FaciesError:
    if isinstance(error, ResponseHandlingException):
        return _unreachable(where, f"{error.source} ({type(error.source).__name__})")
    if isinstance(error, ResourceExhaustedResponse):
        return StoreUnavailableError(where, f"it is overloaded; try again in {error.retry_after_s} s")
    if isinstance(error, UnexpectedResponse):
        return _translate_status(where, error.status_code, error.content.decode(errors="replace"))
    return StoreError(f"the vector store at {where} failed: {error}")


def _translate_status(where: str, status: int | None, text: str) -> FaciesError:
    if status in (401, 403):
        return _refused(where, str(status))
    if status in BUSY:
        return StoreUnavailableError(where, f"{status} {text[:500]}")
    if status == 507:
        return StorageError(where, text[:500])
    return _translate_text(where, f"{status} {text}")


def _translate_grpc(where: str, error: grpc.RpcError) -> FaciesError:
    status, text = grpc_status(error)
    if status in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED):
        return _refused(where, status.name)
    if status == grpc.StatusCode.UNIMPLEMENTED:
        return StoreUnavailableError(where, f"what answers gRPC there is no Qdrant server ({text[:200]})")
    if status in GRPC_BUSY:
        return _unreachable(where, f"gRPC {status.name} {text[:500]}")
    return _translate_text(where, f"{status.name if status else 'gRPC'} {text}")


def _translate_text(where: str, text: str) -> FaciesError:
    if re.search(r"Collection `.*` doesn't exist", text):
        return MissingCollectionError(text)
    if "already exists" in text:
        return AlreadyThereError(f"the vector store at {where} refused the request: {text[:500]}")
    if "No point with id" in text:
        return UnknownPointError(f"the vector store at {where} refused the request: {text[:500]}")
    if _DISK_FULL.search(text):
        return StorageError(where, text[:500])
    return StoreError(f"the vector store at {where} refused the request: {text[:500]}")


def _unreachable(where: str, reason: str) -> FaciesError:
    remedy = "; set FACIES_STORE__CA_FILE to the authority it is from" if UNTRUSTED in reason else ""
    return StoreUnavailableError(where, reason + remedy)


def _refused(where: str, status: str) -> FaciesError:
    return StoreUnavailableError(where, f"it refused the API key ({status}); set FACIES_STORE__API_KEY")


def grpc_status(error: grpc.RpcError) -> tuple[grpc.StatusCode | None, str]:
    """Read the status and the text of a failed call; every one that the client raises is a call as well."""
    if isinstance(error, grpc.Call):
        return error.code(), str(error.details() or "")
    return None, str(error)
