"""One collection as it lies on a server: made, completed, optimized."""

from __future__ import annotations

import time
from typing import Final

from qdrant_client import models

from facies.core.errors import StoreError
from facies.core.store.base import CollectionSchema
from facies.core.store.checks import merge_schemas, without_vector
from facies.core.store.conditions import field_path
from facies.core.store.server_connection import Connection
from facies.core.store.server_conversion import schema_of, server_index, server_metadata
from facies.core.store.server_errors import AlreadyThereError, MissingCollectionError
from facies.core.store.server_layout import ServerLayout, creation_options, optimizing_options

_POLL_S: Final = 2.0
"""Longest time between two looks at an optimization."""


def read_schema(server: Connection, physical: str) -> CollectionSchema | None:
    """Read the schema of a collection; None where it is not one of ours."""
    return schema_of(server.ask(server.admin.get_collection, physical))


def own_schema(server: Connection, physical: str) -> CollectionSchema:
    """Read the schema of a collection of ours.

    Raises:
        StoreError: it is someone else's.
        MissingCollectionError: it has gone.
    """
    schema = read_schema(server, physical)
    if schema is None:
        raise StoreError(
            f"collection {physical!r} at {server.where} has no metadata of facies, so facies did not make it. "
            "Choose another name."
        )
    return schema


def make_collection(
    server: Connection, physical: str, schema: CollectionSchema, layout: ServerLayout, *, bulk: bool
) -> None:
    """Make an empty collection.

    Args:
        server: where.
        physical: its name there.
        schema: its vectors, and its fields, which are indexed before there are points: later costs a pass over them.
        layout: shards, copies, memory.
        bulk: build no graph until it is optimized.

    Raises:
        StoreError: the server refuses.
    """
    options = creation_options(schema, layout, bulk=bulk) | {"metadata": server_metadata({})}
    try:
        server.ask(server.admin.create_collection, physical, **options)
    except AlreadyThereError:
        # An answer that was lost, another process that is making the same one, or what a crash left behind.
        if not (_is_empty(server, physical) and own_schema(server, physical).vectors == schema.vectors):
            server.ask(server.admin.delete_collection, physical)
            server.ask(server.admin.create_collection, physical, **options)
    _index_fields(server, physical, CollectionSchema(schema.vectors), schema)


def complete_collection(server: Connection, physical: str, schema: CollectionSchema, name: str) -> None:
    """Add the vectors and indexes that a collection lacks; ``name`` is what it is called in messages.

    Raises:
        CollectionExistsError: a named vector has another dimension.
    """
    old = own_schema(server, physical)
    merged = merge_schemas(name, old, schema)
    for vector_name in merged.vectors.keys() - old.vectors.keys():
        dense = models.DenseVectorConfig(size=merged.vectors[vector_name], distance=models.Distance.COSINE)
        config = models.DenseVectorNameConfig(dense=dense)
        try:
            server.write(server.admin.create_vector_name, physical, vector_name, config)
        except AlreadyThereError:  # an answer that was lost, or another process; its dimension is compared here
            merge_schemas(name, own_schema(server, physical), schema)
    _index_fields(server, physical, old, merged)


def remove_vector(server: Connection, physical: str, vector_name: str, name: str) -> None:
    """Delete a named vector with its rows, where it is there; ``name`` is what the collection is called in messages.

    Raises:
        ConfigurationError: it is the only one.
    """
    schema = own_schema(server, physical)
    if without_vector(name, schema, vector_name) == schema:
        return
    try:
        server.write(server.admin.delete_vector_name, physical, vector_name)
    except StoreError:  # an answer that was lost, or another process: what counts is that it is gone
        if vector_name in own_schema(server, physical).vectors:
            raise


def optimize_collection(server: Connection, physical: str, layout: ServerLayout, longest_wait_s: float) -> None:
    """Bring a collection to what the settings ask for and wait until the server has come to rest.

    Raises:
        StoreError: the server failed, or is still at it after the longest wait.
    """
    options = optimizing_options(own_schema(server, physical), layout)
    server.ask(server.admin.update_collection, physical, **options)
    deadline = time.monotonic() + longest_wait_s
    green, pause_s = 0, 0.05
    while green < 2:  # once may be from before the server has begun
        info = server.ask(server.admin.get_collection, physical)
        if info.status == models.CollectionStatus.RED:
            reason = getattr(info.optimizer_status, "error", info.optimizer_status)
            raise StoreError(f"the server at {server.where} could not optimize {physical!r}: {reason}")
        green = green + 1 if info.status == models.CollectionStatus.GREEN else 0
        if time.monotonic() > deadline:
            raise StoreError(
                f"the server at {server.where} still optimizes {physical!r} after {longest_wait_s:.0f} s; it goes on "
                "by itself, and searches are answered meanwhile."
            )
        time.sleep(pause_s)
        pause_s = min(_POLL_S, pause_s * 2)


def _index_fields(server: Connection, physical: str, old: CollectionSchema, new: CollectionSchema) -> None:
    changed = {name: kind for name, kind in new.indexes.items() if old.indexes.get(name) != kind}
    for name, kind in changed.items():
        server.write(server.admin.create_payload_index, physical, field_path(name), server_index(kind))
    if changed:
        # After them: the metadata name an index only once it exists.
        metadata = server_metadata({**old.indexes, **new.indexes})
        server.ask(server.admin.update_collection, physical, metadata=metadata)


def _is_empty(server: Connection, physical: str) -> bool:
    try:
        return server.ask(server.admin.count, physical, exact=True).count == 0
    except MissingCollectionError:  # it went away between the two calls
        return False
