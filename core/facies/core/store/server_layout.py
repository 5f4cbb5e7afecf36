"""How a collection is laid out on a server: shards, copies, what lies in memory, and when a graph is built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qdrant_client import models

from facies.core.store.base import CollectionSchema, Quantization
from facies.core.store.graph import CANDIDATES, LINKS


@dataclass(frozen=True, slots=True)
class ServerLayout:
    """What the settings ask of collections that are made from now on.

    Attributes:
        shards: parts that a collection is cut into, at least 1.
        replicas: copies of each shard, at least 1.
        write_consistency: copies that must have a write before it counts.
        on_disk: full vectors are read from disk; packed ones and the graph stay in memory.
        quantization: how vectors are packed for the first pass of a search.
        graph_above: vectors in one segment of a shard above which it gets a graph; fewer are scanned, exactly.
    """

    shards: int = 1
    replicas: int = 1
    write_consistency: int = 1
    on_disk: bool = False
    quantization: Quantization = "none"
    graph_above: int = 20_000


# Where data lies is said in the older words (on_disk, always_ram): servers up to 1.18 do not know the newer `memory`.


def creation_options(schema: CollectionSchema, layout: ServerLayout, *, bulk: bool) -> dict[str, Any]:
    """Write the arguments of the client's ``create_collection``.

    Args:
        schema: the named vectors; fields are indexed afterwards.
        layout: what the settings ask for.
        bulk: build no graph until `optimizing_options` are set, since it would be built again and again meanwhile.
    """
    return {
        "vectors_config": {name: vector_options(dim, layout) for name, dim in schema.vectors.items()},
        "shard_number": layout.shards,
        "replication_factor": layout.replicas,
        "write_consistency_factor": layout.write_consistency,
        "hnsw_config": graph_options(bulk=bulk),
        "optimizers_config": _optimizers(schema, layout),
        "quantization_config": _packing(layout.quantization),
    }


def optimizing_options(schema: CollectionSchema, layout: ServerLayout) -> dict[str, Any]:
    """Write the arguments of ``update_collection`` that bring a collection to what the settings ask for."""
    return {
        "hnsw_config": graph_options(bulk=False),
        "optimizers_config": _optimizers(schema, layout),
        "quantization_config": _packing(layout.quantization) or models.Disabled.DISABLED,
    }


def graph_options(*, bulk: bool) -> models.HnswConfigDiff:
    """Describe the graph; during a bulk load there is none."""
    return models.HnswConfigDiff(m=0 if bulk else LINKS, ef_construct=CANDIDATES)


def vector_options(dim: int, layout: ServerLayout) -> models.VectorParams:
    """Describe a named vector."""
    return models.VectorParams(size=dim, distance=models.Distance.COSINE, on_disk=layout.on_disk)


def quantization_of(config: models.CollectionConfig) -> Quantization:
    """Read how the vectors of a collection are packed."""
    match config.quantization_config:
        case models.ScalarQuantization():
            return "int8"
        case models.TurboQuantization():
            return "turbo4"
        case _:
            return "none"


def _optimizers(schema: CollectionSchema, layout: ServerLayout) -> models.OptimizersConfigDiff:
    return models.OptimizersConfigDiff(indexing_threshold=_kilobytes(schema.vectors, layout.graph_above))


def _kilobytes(vectors: Mapping[str, int], count: int) -> int:
    """Tell what so many of the largest vectors take, float32, in KiB: the unit of the server's thresholds."""
    return max(1, count * max(vectors.values()) * 4 // 1024)


def _packing(quantization: Quantization) -> models.ScalarQuantization | models.TurboQuantization | None:
    match quantization:
        case "none":
            return None
        case "int8":
            return models.ScalarQuantization(
                scalar=models.ScalarQuantizationConfig(type=models.ScalarType.INT8, quantile=0.99, always_ram=True)
            )
        case "turbo4":
            return models.TurboQuantization(
                turbo=models.TurboQuantQuantizationConfig(bits=models.TurboQuantBitSize.BITS4, always_ram=True)
            )
