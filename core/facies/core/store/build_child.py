"""The process in which a graph is built: ``python -m facies.core.store.build_child JOB``, started by `graph_build`.

The engine holds the GIL for the whole of a build, minutes for some hundred thousand points. In a process of its own
that stalls nobody; the process gives way to every other, and never outlives the one that started it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

from facies.core.child_module import become_child
from facies.core.errors import FaciesError
from facies.core.store.base import Quantization
from facies.core.store.graph import CANDIDATES, LINKS

SCANNED_KIB: Final = 10_000
"""A filter that leaves less than this of vectors is answered by scanning them, exactly."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to build.

    Attributes:
        shard: folder of a closed shard.
        vectors: its named vectors with their dimensions.
        quantization: how vectors are to be packed for the first pass of a search.
        parent: the process that waits for it.
    """

    shard: Path
    vectors: Mapping[str, int]
    quantization: Quantization
    parent: int

    def dump(self) -> str:
        """As one argument of a command."""
        return json.dumps({**asdict(self), "shard": str(self.shard)})

    @classmethod
    def load(cls, text: str) -> Self:
        """Read what `dump` wrote."""
        fields = json.loads(text)
        return cls(**{**fields, "shard": Path(fields["shard"])})


def main(argument: str) -> int:
    """Build, and say on standard output, as JSON, whether anything changed, or which error there was."""
    job = Job.load(argument)
    become_child(job.parent)
    try:
        answer: dict[str, Any] = {"changed": build(job)}
    except FaciesError as error:
        answer = {"error": type(error).__name__, "message": error.message}
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
    return 0 if "changed" in answer else 1


def build(job: Job) -> bool:
    """Build the graph over all points of the shard, and pack its vectors; False where nothing was to be done.

    Raises:
        StorageError: the disk is full.
        StoreError: the engine failed.
    """
    import qdrant_edge as edge  # after the process has become a polite one

    from facies.core.store.engine_files import forget_quantization
    from facies.core.store.shard import engine_errors

    if job.quantization == "none":
        forget_quantization(job.shard)
    packing = {
        "none": None,
        "int8": edge.ScalarQuantizationConfig(edge.ScalarType.Int8),
        "turbo4": edge.TurboQuantQuantizationConfig(bits=edge.TurboQuantBitSize.Bits4),
    }[job.quantization]
    config = edge.EdgeConfig(
        vectors={name: edge.EdgeVectorParams(dim, edge.Distance.Cosine) for name, dim in job.vectors.items()},
        hnsw_config=edge.HnswIndexConfig(LINKS, CANDIDATES, SCANNED_KIB),
        quantization_config=packing,
        # One segment, whatever its size: every search would have to go through each of several.
        optimizers=edge.EdgeOptimizersConfig(indexing_threshold=1, default_segment_number=1, max_segment_size=2**40),
    )
    with engine_errors(job.shard):
        engine = edge.EdgeShard.load(str(job.shard), config)
        changed = engine.optimize()
        engine.flush()
        engine.close()
    return changed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
