"""The vector store: one protocol, embedded in this process or a Qdrant server."""

from __future__ import annotations

from pathlib import Path

from facies.core.records import FieldKind
from facies.core.settings import StoreSettings
from facies.core.store.base import (
    CollectionInfo,
    CollectionSchema,
    CopyableStore,
    Hit,
    Payload,
    Point,
    Quantization,
    StoreHealth,
    Vector,
    VectorQuery,
    VectorStore,
)
from facies.core.store.growth import needs_optimizing

__all__ = [
    "CollectionInfo",
    "CollectionSchema",
    "CopyableStore",
    "FieldKind",
    "Hit",
    "Payload",
    "Point",
    "Quantization",
    "StoreHealth",
    "Vector",
    "VectorQuery",
    "VectorStore",
    "needs_optimizing",
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
        from facies.core.store.server_layout import ServerLayout

        return open_server_store(
            settings.url,
            api_key=settings.api_key.get_secret_value() if settings.api_key else None,
            timeout_s=settings.timeout_s,
            grpc_port=settings.grpc_port,
            ca_file=settings.ca_file,
            max_retries=settings.max_retries,
            layout=ServerLayout(
                shards=settings.shards,
                replicas=settings.replicas,
                write_consistency=settings.write_consistency,
                on_disk=settings.on_disk,
                quantization=settings.quantization,
                graph_above=settings.graph_above,
            ),
        )
    from facies.core.store.edge import EdgeStore

    return EdgeStore(root, quantization=settings.quantization)
