"""A shard of Qdrant Edge made, and completed, to hold what a schema says."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import qdrant_edge as edge

from facies.core.errors import FaciesError
from facies.core.records import FieldKind
from facies.core.store.base import CollectionSchema
from facies.core.store.edge_conversion import edge_index
from facies.core.store.engine_files import read_vector_names
from facies.core.store.shard import Shard

_INDEX_BYTES_PER_POINT: Final = 256
"""Generous estimate of what a payload index or an empty vector takes."""


def create_shard(path: Path, schema: CollectionSchema) -> Shard:
    """Make an empty shard.

    Raises:
        StorageError: the disk is full or read-only.
    """
    shard = Shard.create(path, schema.vectors)
    try:
        complete_shard(shard, CollectionSchema(schema.vectors), schema)
        shard.flush()
    except FaciesError:
        shard.abandon()
        raise
    return shard


def complete_shard(shard: Shard, old: CollectionSchema, new: CollectionSchema) -> CollectionSchema:
    """Add the vectors and indexes that the new schema has beyond the old one; gives back the new one.

    Raises:
        StorageError: the disk is full.
    """
    if new == old:
        return new
    points = shard.read(lambda engine: engine.count(edge.CountRequest(exact=True)))
    for name in new.vectors.keys() - old.vectors.keys():
        _create_vector(shard, name, new.vectors[name], points)
    for name, kind in new.indexes.items():
        if old.indexes.get(name) != kind:
            _create_index(shard, name, kind, points)
    return new


def clear_shard(shard: Shard, schema: CollectionSchema) -> None:
    """Delete the vectors that the shard has beyond the schema: one that is dropped, or what a kill left of one.

    Raises:
        StorageError: the disk is full.
    """
    surplus = sorted(read_vector_names(shard.path) - schema.vectors.keys())
    for name in surplus:
        _delete_vector(shard, name)
    if surplus:
        shard.flush()


def _delete_vector(shard: Shard, name: str) -> None:
    operation = edge.UpdateOperation.delete_vector_name(name)
    shard.write(lambda engine: engine.update(operation), 0)


def _create_vector(shard: Shard, name: str, dim: int, points: int) -> None:
    def replace(engine: edge.EdgeShard) -> None:
        # What a kill left of this name is of no use: the schema on disk does not have it.
        engine.update(edge.UpdateOperation.delete_vector_name(name))
        engine.update(edge.UpdateOperation.create_dense_vector(name, dim, edge.Distance.Cosine))

    shard.write(replace, points * (dim * 4 + _INDEX_BYTES_PER_POINT))


def _create_index(shard: Shard, name: str, kind: FieldKind, points: int) -> None:
    operation = edge_index(name, kind)
    shard.write(lambda engine: engine.update(operation), points * _INDEX_BYTES_PER_POINT)
