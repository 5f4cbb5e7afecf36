"""What the files of Qdrant Edge tell that its interface does not; all knowledge of their names and forms is here.

Verified against the pinned release of qdrant-edge-py: the tests of this module read what that release writes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from facies.core.errors import StoreError
from facies.core.store.base import Quantization

_CONFIG: Final = "edge_config.json"
_QUANTIZATION: Final = "quantization_config"
_VERSION_BYTES: Final = 8
"""What the file of versions takes for each point that its segment holds, or held."""

_BULK: Final = ("chunk_*.mmap", "matrix.dat", "links*.bin", "graph.bin", "quantized.data")


def is_bulk(path: Path) -> bool:
    """Tell whether a file holds nothing but rows or links, by position: the bulk of a shard.

    Such a file can be copied while rows are written. A row may then be old, new or torn in the copy, but nothing else
    of the copy is wrong, and writing the row again mends it.
    """
    return any(path.match(pattern) for pattern in _BULK)


def count_scanned(shard: Path) -> int:
    """Points of a flushed shard that no graph holds: an upper bound, since deleted ones keep their place a while."""
    return sum(one.stat().st_size for one in shard.rglob("mutable_id_tracker.versions")) // _VERSION_BYTES


def read_quantization(shard: Path) -> Quantization:
    """How the vectors of a shard are packed for the first pass of a search.

    Raises:
        StoreError: the engine's configuration is damaged, or names a packing that is not ours.
    """
    config = _read_config(shard).get(_QUANTIZATION)
    match config:
        case None:
            return "none"
        case {"scalar": {"type": "int8"}}:
            return "int8"
        case {"turbo": {"bits": "bits4"}}:
            return "turbo4"
        case _:
            raise StoreError(f"{shard / _CONFIG} has an unknown quantization: {config}.")


def read_vector_names(shard: Path) -> set[str]:
    """The named vectors that a shard has, whatever its schema says.

    Raises:
        StoreError: the engine's configuration is damaged.
    """
    return set(_read_config(shard).get("vectors", {}))


def forget_quantization(shard: Path) -> None:
    """Have a closed shard be built without quantization; its interface can change one, but not take it away."""
    config = _read_config(shard)
    if config.pop(_QUANTIZATION, None) is not None:
        (shard / _CONFIG).write_text(json.dumps(config), encoding="utf-8")


def unfilled_bytes(shard: Path) -> int:
    """Holes in the newest files of vectors, which the engine fills when it opens them.

    Without this space on the disk the system kills the process, since the engine maps the files.
    """
    sizes = [chunk.stat() for chunk in shard.rglob("chunk_*.mmap")]
    return sum(max(0, size.st_size - size.st_blocks * 512) for size in sizes)


def packed_bytes(shard: Path) -> int:
    """What the packed vectors of a shard take in memory."""
    return sum(one.stat().st_size for one in shard.rglob("quantized.data"))


def _read_config(shard: Path) -> dict[str, Any]:
    path = shard / _CONFIG
    try:
        config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"the embedded vector store at {shard} is damaged: {path.name}: {error}.") from error
    return config
