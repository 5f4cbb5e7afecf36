"""facies' way of embedding and of indexing, as a worker."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.workers import serve_tasks, timed_pass

if TYPE_CHECKING:
    from facies.core.metrics import Embeddings
    from facies.models.embedder import Embedder

THREADS = 2


def main(card_name: str, weights: str, precision: str, folder: str, scratch: str) -> None:
    """Load the network, greet with its runtime or why there is none, then embed or index the images whenever asked.

    Args:
        card_name: of a model card.
        weights: a checkpoint file of it.
        precision: ``f32`` or ``bf16``.
        folder: of the images.
        scratch: folder for what a runtime makes of the network.
    """
    from facies.core.errors import ConfigurationError
    from facies.core.settings import IndexerSettings, ModelSettings, Settings
    from facies.core.workspace import open_workspace
    from facies.indexer.embedding import embed_files
    from facies.indexer.limits import limits_of
    from facies.indexer.pipeline import index_source
    from facies.indexer.sources import SourceItem, open_source, promises_no_image
    from facies.models.embedder import load_embedder

    models = ModelSettings.model_validate(
        {"precision": precision, "threads": THREADS, "device": "cpu", "offline": True}
    )
    indexer = IndexerSettings(decode_threads=THREADS)
    limits = limits_of(Settings(models=models, indexer=indexer))
    try:
        embedder = load_embedder(card_name, weights=Path(weights), settings=models, weights_dir=Path(scratch))
    except ConfigurationError as error:
        serve_tasks({"unavailable": str(error)}, {})
        return
    source = open_source(folder, labels="folder")
    listed = [one for one in source if isinstance(one, SourceItem) and not promises_no_image(one.name)]
    chosen = listed

    def choose(paths: list[str]) -> dict[str, object]:
        nonlocal chosen
        by_uri = {entry.uri: entry for entry in listed}
        chosen = [by_uri[path] for path in paths]
        return {}

    def embed() -> Embeddings:
        return np.stack([vector for _uri, vector in embed_files(embedder, chosen, limits)])

    def save(path: str) -> dict[str, object]:
        np.save(path, embed())
        return {}

    def index() -> dict[str, object]:
        # Each pass has a folder of its own, which stays until the scratch folder goes: ext4 takes ten times as long to
        # make a file soon after many were deleted, and nobody indexes a folder just after throwing away another.
        settings = Settings(data_dir=Path(tempfile.mkdtemp(dir=scratch)), models=models, indexer=indexer)
        with open_workspace(settings) as workspace:
            answer = timed_pass(len(listed), lambda: index_source(workspace, embedder, "bench", source, limits=limits))
            if workspace.store.count("bench") != len(listed):
                raise RuntimeError(f"{workspace.store.count('bench')} points from {len(listed)} files")
            return answer

    serve_tasks(
        {"images": len(listed), **_about(embedder)},
        {"choose": choose, "embed": lambda: timed_pass(len(chosen), embed), "save": save, "index": index},
    )


def _about(embedder: Embedder) -> dict[str, object]:
    fingerprint = embedder.fingerprint
    return {"runtime": fingerprint.runtime, "precision": fingerprint.precision, "batch_size": embedder.batch_size}


if __name__ == "__main__":
    main(*sys.argv[1:])
