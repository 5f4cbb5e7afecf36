"""What search is compared with: numpy's plain scan, and hnswlib with the same graph parameters."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.timing import percentile, time_each
from benchmarks.vectors import recall
from facies.core.metrics import Embeddings, Indices
from facies.core.store.graph import CANDIDATES, LINKS

if TYPE_CHECKING:
    import hnswlib

THREADS = 2
SEARCHES = (64, 128, 256, 512)
"""How many candidates a search keeps; the first with a recall of 0.99 is the one compared."""
WANTED_RECALL = 0.99
_SCANS = 50


def scan_ms(queries: Embeddings, gallery: Embeddings, k: int) -> float:
    """Median milliseconds of an exact answer by numpy, one query at a time."""

    def ask(query: Embeddings) -> Indices:
        similar = gallery @ query
        near = np.argpartition(-similar, k - 1)[:k]
        ordered: Indices = near[np.argsort(-similar[near])]
        return ordered

    return percentile(time_each(ask, list(queries[:_SCANS]), warmups=3)[1], 0.5)


@dataclass(frozen=True, slots=True)
class GraphFigures:
    """What a graph took to build, and how it answers with ``ef`` candidates, one query at a time."""

    build_s: float
    ef: int
    recall: float
    p50_ms: float
    p95_ms: float


def measure_hnswlib(queries: Embeddings, gallery: Embeddings, expected: Indices) -> GraphFigures:
    """Build hnswlib's graph and search it with ever more candidates, until the recall is 0.99 or there are 512.

    Args:
        queries: (q, d) unit rows.
        gallery: (n, d) unit rows.
        expected: the true neighbours (q, k).
    """
    # Imported here: it is a tool for developers, and the quick benchmark does without it.
    import hnswlib

    index = hnswlib.Index("ip", gallery.shape[1])
    start = time.perf_counter()
    index.init_index(len(gallery), M=LINKS, ef_construction=CANDIDATES, random_seed=0)
    index.add_items(gallery, num_threads=THREADS)
    build_s = time.perf_counter() - start
    for ef in SEARCHES:
        figures = _search(index, queries, expected, build_s, ef)
        if figures.recall >= WANTED_RECALL:
            break
    return figures


def _search(index: hnswlib.Index, queries: Embeddings, expected: Indices, build_s: float, ef: int) -> GraphFigures:
    index.set_ef(ef)

    def ask(query: Embeddings) -> set[int]:
        labels, _distances = index.knn_query(query, expected.shape[1], num_threads=1)
        return set(labels[0].tolist())

    answers, times = time_each(ask, list(queries))
    return GraphFigures(build_s, ef, recall(answers, expected), percentile(times, 0.5), percentile(times, 0.95))
