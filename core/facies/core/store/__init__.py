"""The vector store: one protocol, embedded in this process or a Qdrant server."""

from __future__ import annotations

from pathlib import Path

from facies.core.records import FieldKind
from facies.core.settings import StoreSettings
from facies.core.store.base import (
    CollectionSchema,
    Hit,
    Payload,
    Point,
    StoreHealth,
    Vector,
    VectorQuery,
    VectorStore,
)

__all__ = [
    "CollectionSchema",
    "FieldKind",
    "Hit",
    "Payload",
    "Point",
    "StoreHealth",
    "Vector",
    "VectorQuery",
    "VectorStore",
    "open_store",
]


def open_store(settings: StoreSettings, root: Path) -> VectorStore:
    """Open the store that the settings ask for.

    Args:
        settings: the backend, and how to reach a server.
        root: folder of the embedded store; unused with a server.

    Raises:
        StoreLockedError: another process holds the embedded store.
        StorageError: the folder cannot be written.
        StoreUnavailableError: the server does not answer.
    """
    # Imported here: each backend's engine is loaded only where it is used (qdrant_client takes two seconds).
    if settings.backend == "server":
        from facies.core.store.server import open_server_store

        key = settings.api_key.get_secret_value() if settings.api_key else None
        return open_server_store(settings.url, api_key=key, timeout_s=settings.timeout_s)
    from facies.core.store.edge import EdgeStore

    return EdgeStore(root)
