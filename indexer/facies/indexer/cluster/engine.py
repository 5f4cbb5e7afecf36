"""``facies index --engine ray``: the run of `facies.indexer.pipeline`, with workers on many nodes as its reader."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from facies.core.errors import ConfigurationError
from facies.core.records import Fingerprint
from facies.indexer.cluster.session import ray_session, spread
from facies.indexer.pipeline import index_source

if TYPE_CHECKING:
    from facies.core.images import RgbImage
    from facies.core.metrics import Embeddings
    from facies.core.settings import ModelSettings, Settings
    from facies.core.wire import IndexReport
    from facies.core.workspace import Workspace
    from facies.indexer.ledger import OnOutcome
    from facies.indexer.limits import Limits
    from facies.indexer.progress import OnProgress
    from facies.indexer.sources import Source
    from facies.models.embedder import Embedder, Prepared

_TOGETHER = 8
"""Vectors that pass the embedding stage at a time; nothing is computed on them here, so few are as good as many."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Which cluster a run takes, and how much of it.

    Attributes:
        address: of a Ray cluster (``auto``, ``host:6379``); None starts Ray on this machine for the run.
        workers: processes that read and embed; None: as many as there is room for.
        threads: of the forward pass in each; 0: two.
        gpu: whether each worker needs a GPU.
    """

    address: str | None = None
    workers: int | None = None
    threads: int = 0
    gpu: bool = False


class EmbeddedElsewhere:
    """Stands where the pipeline expects an embedder, and takes what workers have embedded as it is."""

    batch_size = _TOGETHER
    draft_px = None

    def __init__(self, embedder: Embedder) -> None:
        """Take the name, the length and the fingerprint of the embedder that the workers load."""
        self.name = embedder.name
        self.dim = embedder.dim
        self.fingerprint = embedder.fingerprint
        self._embedder = embedder

    def prepare(self, image: RgbImage) -> Prepared:
        """Embed an image at once; what `embed_prepared` takes is the vector."""
        return cast("Prepared", self.embed([image])[0])

    def embed_prepared(self, prepared: Sequence[Prepared]) -> Embeddings:
        """Give the vectors, (n, dim) float32."""
        return cast("Embeddings", np.stack(prepared))

    def embed(self, images: Sequence[RgbImage]) -> Embeddings:
        """Embed images in this process."""
        return self._embedder.embed(images)


def index_on_cluster(
    workspace: Workspace,
    embedder: Embedder,
    collection: str,
    source: Source,
    *,
    cluster: Cluster,
    load: Callable[[int], Embedder],
    limits: Limits,
    preset: str = "generic",
    prune: bool = False,
    actor: str = "index",
    progress: OnProgress | None = None,
    on_outcome: OnOutcome | None = None,
    stop: threading.Event | None = None,
) -> IndexReport:
    """Index the images of a source as `facies.indexer.pipeline.index_source` does, with workers on many nodes.

    Workers read, decode and embed; this process decides and writes everything, in the order of the source. So the
    report, the collection and what a kill leaves are the same as without a cluster, and nobody but this process needs
    to reach the Qdrant server. Originals must be where every node sees them under the same path or URL.

    Args:
        workspace: the open data, with a Qdrant server as its store.
        embedder: makes the collection's vectors; embeds here what the store lost, where that is little.
        collection: name of the collection.
        source: where the images lie; the caller closes it.
        cluster: which cluster, and how much of it.
        load: loads the same embedder in a worker, for so many threads; it is pickled.
        limits: bounds of each worker.
        preset: recorded for a collection that is made.
        prune: after a complete run, delete images of this source whose original is gone.
        actor: who does it, for the label events.
        progress: told after each file.
        on_outcome: told what became of each file, once that is certain.
        stop: when set, the run ends early, keeps what it has, and reports ``interrupted``.

    Raises:
        ConfigurationError: Ray is not installed or not there, or no node has room for a worker.
        JobError: the cluster cannot go on; what was acknowledged is kept.
        FaciesError: as `index_source`, and what a worker meets while it loads the embedder.
    """
    with ray_session(cluster.address):
        # Here, since it imports pyarrow and what was just made sure to be installed.
        from facies.indexer.cluster.reader import ClusterReader, Task

        nodes = spread(cluster.workers, cluster.threads, gpu=cluster.gpu)
        task = Task(partial(load, nodes.threads), embedder.fingerprint, collection, limits, nodes)
        return index_source(
            workspace,
            EmbeddedElsewhere(embedder),
            collection,
            source,
            preset=preset,
            limits=limits,
            prune=prune,
            actor=actor,
            progress=progress,
            on_outcome=on_outcome,
            stop=stop,
            reader=partial(ClusterReader, task, workspace, embedder),
        )


def check_backend(settings: Settings) -> None:
    """Refuse the embedded store.

    Raises:
        ConfigurationError: the store is not a Qdrant server.
    """
    if settings.store.backend != "server":
        raise ConfigurationError(
            f"--engine ray writes to a Qdrant server, but FACIES_STORE__BACKEND is {settings.store.backend}: the "
            "embedded store is made for what one machine indexes. Set FACIES_STORE__BACKEND=server and "
            "FACIES_STORE__URL, or leave --engine ray out."
        )


def load_like(
    threads: int, *, fingerprint: Fingerprint, weights: Path | None, settings: ModelSettings, weights_dir: Path
) -> Embedder:
    """Load the embedder of a fingerprint with so many threads; what a worker does with the driver's settings."""
    from facies.models.embedder import load_embedder

    here = settings.model_copy(update={"threads": threads})
    return load_embedder(fingerprint.card, weights=weights, settings=here, weights_dir=weights_dir, like=fingerprint)
