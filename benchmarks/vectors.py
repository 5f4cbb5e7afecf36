"""Vectors in clusters, as embeddings of real collections are, of any number and always the same; and exact answers.

2,000 Gaussian clusters whose sizes follow Pareto's law lie in a space of 32 dimensions, which is turned into 384; noise
in all 384 follows, then every row is brought to unit length. The noise is such that the ten nearest of 100,000 have a
mean similarity of about 0.73, which is what makes them hard for a graph. The first n rows are the same for every n.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from facies.core.metrics import Embeddings, Indices

DIM = 384
CLUSTERS = 2000
LATENT = 32
SPREAD = 0.3
"""Standard deviation of a cluster in each latent dimension; the centres' own is 1."""
NOISE = 0.57
"""Length of the noise relative to that of the signal; chosen for the similarity above."""
PARETO = 1.2
"""Exponent of the clusters' sizes: a few are large, most are small."""
BLOCK = 50_000
"""Rows that one generator draws; another number would give other vectors."""
QUERY_STREAM = 2**31
"""Number of the block that queries are drawn from: none of them is among the vectors."""

Labels: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Mixture:
    """What blocks are drawn from: centres (c, 32), the turn into all dimensions (32, 384), each cluster's share (c)."""

    centres: NDArray[np.float32]
    turn: NDArray[np.float32]
    shares: NDArray[np.float64]
    seed: int

    def draw(self, block: int, count: int) -> Embeddings:
        """The first rows of a block, (count, 384) float32 with unit rows."""
        # A generator for each step, so that the first rows do not depend on how many follow.
        which, within, around = (np.random.default_rng([self.seed, block, step]) for step in range(3))
        cluster = which.choice(len(self.centres), size=count, p=self.shares)
        latent = self.centres[cluster] + SPREAD * within.standard_normal((count, LATENT), dtype=np.float32)
        rows = latent @ self.turn
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        rows += lengths * np.float32(NOISE / np.sqrt(DIM)) * around.standard_normal((count, DIM), dtype=np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        unit: Embeddings = rows
        return unit


def make_mixture(seed: int = 0) -> Mixture:
    """The clusters of a seed."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((CLUSTERS, LATENT), dtype=np.float32)
    turn, _ = np.linalg.qr(rng.standard_normal((DIM, LATENT)))
    sizes = 1 + rng.pareto(PARETO, CLUSTERS)
    return Mixture(centres, np.ascontiguousarray(turn.T, dtype=np.float32), sizes / sizes.sum(), seed)


def draw_vectors(count: int, seed: int = 0) -> Embeddings:
    """The first vectors of a seed, (count, 384) float32 with unit rows."""
    mixture = make_mixture(seed)
    rows = np.empty((count, DIM), dtype=np.float32)
    for start in range(0, count, BLOCK):
        rows[start : start + BLOCK] = mixture.draw(start // BLOCK, min(BLOCK, count - start))
    return rows


def draw_queries(count: int, seed: int = 0) -> Embeddings:
    """Vectors from the same clusters that are not in the collection, (count, 384) float32 with unit rows.

    Args:
        count: at most `BLOCK`.
        seed: of the collection.
    """
    return make_mixture(seed).draw(QUERY_STREAM, count)


def find_exactly(
    queries: Embeddings, gallery: Embeddings, k: int, rows: Labels | None = None
) -> tuple[Indices, Embeddings]:
    """The k nearest rows of each query by a plain scan, in blocks that fit into memory.

    Args:
        queries: (q, d) unit rows.
        gallery: (n, d) unit rows.
        k: number of neighbours.
        rows: the rows of the gallery that are looked at; None: all.

    Returns:
        positions in the gallery and similarities, both (q, k), most similar first.
    """
    best = np.full((len(queries), k), -1, dtype=np.int64)
    similar = np.full((len(queries), k), -np.inf, dtype=np.float32)
    for positions, block in _blocks(gallery, rows):
        products = queries @ block.T
        keep = min(k, len(block))
        near = np.argpartition(-products, keep - 1, axis=1)[:, :keep]
        similar = np.concatenate([similar, np.take_along_axis(products, near, axis=1)], axis=1)
        best = np.concatenate([best, positions[near]], axis=1)
        order = np.argsort(-similar, axis=1, kind="stable")[:, :k]
        similar = np.take_along_axis(similar, order, axis=1)
        best = np.take_along_axis(best, order, axis=1)
    return best, similar


def _blocks(gallery: Embeddings, rows: Labels | None) -> Iterator[tuple[Labels, Embeddings]]:
    chosen = np.arange(len(gallery)) if rows is None else rows
    for start in range(0, len(chosen), BLOCK):
        positions = chosen[start : start + BLOCK]
        yield positions, gallery[positions[0] : positions[-1] + 1] if rows is None else gallery[positions]


def recall(found: list[set[int]], expected: Indices) -> float:
    """The share of the true neighbours (q, k) that was found, over all queries."""
    hits = sum(len(mine & set(true.tolist())) for mine, true in zip(found, expected, strict=True))
    return hits / expected.size
