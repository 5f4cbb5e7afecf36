"""Everything that qdrant-client raises becomes an error of ours."""

from __future__ import annotations

import httpx
import pytest
from qdrant_client.common.client_exceptions import QdrantException, ResourceExhaustedResponse
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException, UnexpectedResponse

from facies.core.errors import FaciesError, StorageError, StoreError, StoreUnavailableError
from facies.core.store.server_errors import (
    AlreadyThereError,
    MissingCollectionError,
    UnfinishedWriteError,
    UnknownPointError,
    server_errors,
)


def answer(status: int, text: str) -> UnexpectedResponse:
    return UnexpectedResponse(status, "reason", text.encode(), httpx.Headers())


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (ResponseHandlingException(httpx.ConnectError("refused")), StoreUnavailableError),
        (ResponseHandlingException(httpx.ReadTimeout("timed out")), StoreUnavailableError),
        (ResourceExhaustedResponse("busy", 3), StoreUnavailableError),
        (answer(401, ""), StoreUnavailableError),
        (answer(502, "bad gateway"), StoreUnavailableError),
        (answer(404, "Not found: Collection `c` doesn't exist!"), MissingCollectionError),
        (answer(404, "no such page"), StoreError),
        (answer(500, "Out of disk space"), StorageError),
        (answer(500, "panic"), StoreError),
        (answer(409, "Wrong input: Collection `c` already exists!"), AlreadyThereError),
        (answer(404, "Not found: No point with id 7 found"), UnknownPointError),
        (answer(507, "quota"), StorageError),
        (ApiException("odd"), StoreError),
        (QdrantException("odd"), StoreError),
        (ValueError("Cannot invoke RPC on closed channel!"), StoreError),
        (UnfinishedWriteError("acknowledged"), StoreUnavailableError),
        (AssertionError("Retrieve returned None result"), StoreUnavailableError),
        (StorageError("/data", "full"), StorageError),
    ],
)
def test_translation(raised: Exception, expected: type[FaciesError]) -> None:
    with pytest.raises(FaciesError) as caught, server_errors("http://127.0.0.1:6333"):
        raise raised
    assert type(caught.value) is expected


def test_no_error_passes() -> None:
    with server_errors("http://127.0.0.1:6333"):
        pass
