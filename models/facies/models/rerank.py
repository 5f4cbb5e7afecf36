"""Re-ranking: the best candidates of a search, ordered anew by how they hang together.

A plain search compares every image with the query alone. The candidates know more: images of one taxon lie along a
curved sheet in the space of embeddings, and whoever is near to many that are near the query belongs to it although the
direct similarity is small. All three methods here need only the vectors of the candidates, a few hundred rows that are
fetched at once, never the whole collection. `RERANKERS` has them by name. Where none is named it is diffusion, which
was measured to find more of a class than the others on two of three sets, and as much on the third (docs/quality.md).

None of them looks at a label. What comes out orders the candidates; the similarity that is shown stays the cosine.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import DimensionMismatchError, QueryError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facies.core.metrics import Embeddings
    from facies.core.store import Vector
    from facies.core.wire_search import RerankMethod

Affinities: TypeAlias = NDArray[np.float32]
"""Shape (m,), how strongly each candidate belongs to the query, higher first; on a scale of its own."""


class Reranker(Protocol):
    """A way to order the first candidates of a search anew."""

    @property
    def method(self) -> RerankMethod:
        """Its name."""

    @property
    def candidates(self) -> int:
        """How many of the most similar images take part, at least 1."""

    def affinities(self, query: Vector, candidates: Embeddings) -> Affinities:
        """Measure how strongly each candidate, (m, d) float32 unit rows, belongs to the query, (d,)."""


@dataclass(frozen=True)
class Diffusion:
    """How affinity spreads over the graph of the candidates.

    Attributes:
        candidates: how many of the most similar images take part, at least 1.
        neighbours: edges of each image to its most similar ones, at least 1; no more than one for every ten candidates,
            since in a small set a dozen neighbours reach into every class.
        power: exponent of the similarities on the edges; larger trusts near neighbours more.
        alpha: share of the affinity that goes on along the edges at each step, above 0 and below 1.
        steps: how often it is passed on, at least 1.

    Raises:
        QueryError: a value is out of its range.
    """

    candidates: int = 400
    neighbours: int = 12
    power: float = 3.0
    alpha: float = 0.95
    steps: int = 20
    method: ClassVar[RerankMethod] = "diffusion"

    def __post_init__(self) -> None:
        """Refuse what would give no order."""
        if min(self.candidates, self.neighbours, self.steps) < 1 or not self.power > 0 or not 0 < self.alpha < 1:
            raise QueryError(
                f"diffusion with {self}: expected candidates, neighbours and steps of at least 1, a power above 0, and "
                "alpha between 0 and 1"
            )

    def affinities(self, query: Vector, candidates: Embeddings) -> Affinities:
        """See `diffuse`."""
        return diffuse(query, candidates, self)


@dataclass(frozen=True)
class QueryExpansion:
    """How a query moves towards its nearest candidates before all are compared with it again.

    Attributes:
        candidates: how many of the most similar images take part, at least 1.
        neighbours: towards how many of them the query moves, at least 1.
        power: exponent of the cosine by which each weighs, above 0.

    Raises:
        QueryError: a value is out of its range.
    """

    candidates: int = 400
    neighbours: int = 10
    power: float = 3.0
    method: ClassVar[RerankMethod] = "query_expansion"

    def __post_init__(self) -> None:
        """Refuse what would give no order."""
        if min(self.candidates, self.neighbours) < 1 or not self.power > 0:
            raise QueryError(
                f"query expansion with {self}: expected candidates and neighbours of at least 1, and a power above 0"
            )

    def affinities(self, query: Vector, candidates: Embeddings) -> Affinities:
        """The cosines to the moved query, see `expand_query`."""
        _check(query, candidates)
        first = np.argsort(-(candidates @ query), kind="stable")[: self.neighbours]
        affinities: Affinities = candidates @ expand_query(query, candidates[first], power=self.power)
        return affinities


@dataclass(frozen=True)
class ReciprocalNeighbours:
    """How far candidates share those neighbours with the query of which they are neighbours themselves.

    Attributes:
        candidates: how many of the most similar images take part, at least 1.
        neighbours: size of a neighbourhood, at least 1.

    Raises:
        QueryError: a value is out of its range.
    """

    candidates: int = 400
    neighbours: int = 12
    method: ClassVar[RerankMethod] = "reciprocal_neighbours"

    def __post_init__(self) -> None:
        """Refuse what would give no order."""
        if min(self.candidates, self.neighbours) < 1:
            raise QueryError(f"reciprocal neighbours with {self}: expected candidates and neighbours of at least 1")

    def affinities(self, query: Vector, candidates: Embeddings) -> Affinities:
        """See `compare_neighbourhoods`."""
        return compare_neighbourhoods(query, candidates, neighbours=self.neighbours)


RERANKERS: Mapping[RerankMethod, Reranker] = MappingProxyType(
    {one.method: one for one in (Diffusion(), QueryExpansion(), ReciprocalNeighbours())}
)
"""Every method by its name, with the values that it is used with."""


def diffuse(query: Vector, candidates: Embeddings, settings: Diffusion | None = None) -> Affinities:
    """Let affinity start at the query and spread over the neighbour graph of query and candidates.

    What all candidates share, and the query with them, is taken away first: where every cosine is high, a few images in
    the middle would be everybody's neighbours. Each node is then joined to its nearest nodes by an edge that weighs a
    power of the cosine; edges count in both directions. Affinity f follows f <- alpha S f + (1 - alpha) y, where y is 1
    at the query and S the weights, divided by the square roots of both nodes' degrees.

    Args:
        query: shape (d,), float32, unit length.
        candidates: shape (m, d), float32, unit rows, in any order; the order changes nothing.
        settings: see `Diffusion`; its number of candidates is the caller's business.

    Returns:
        shape (m,), float32, at least 0. Candidates that no path leads to have 0.

    Raises:
        DimensionMismatchError: query and candidates differ in d.

    Source: Zhou et al. (2004): Ranking on data manifolds, NeurIPS; Iscen et al. (2017): Efficient diffusion on region
    manifolds, CVPR (truncation to the candidates, powers of similarities); Suzuki et al. (2013): Centering similarity
    measures to reduce hubs, EMNLP.
    """
    settings = settings or Diffusion()
    _check(query, candidates)
    if not len(candidates):
        return np.empty(0, dtype=np.float32)
    nodes = _centre(np.concatenate([query[None], candidates]))
    edges = _join_neighbours(nodes @ nodes.T, settings)
    affinity = np.zeros(len(edges), dtype=np.float32)
    affinity[0] = 1.0
    source = (1 - settings.alpha) * affinity
    for _ in range(settings.steps):
        affinity = settings.alpha * (edges @ affinity) + source
    return affinity[1:]


def expand_query(query: Vector, neighbours: Embeddings, *, power: float = 3.0) -> Vector:
    """Move a query towards its nearest neighbours, the nearer ones more: alpha query expansion.

    Args:
        query: shape (d,), float32, unit length.
        neighbours: shape (m, d), float32, unit rows: the first answers of the plain search, usually 5 to 20.
        power: exponent of the cosine by which a neighbour weighs; a negative cosine weighs nothing.

    Returns:
        shape (d,), float32, unit length.

    Raises:
        DimensionMismatchError: the arrays differ in d.

    Source: Radenović, Tolias & Chum (2019): Fine-tuning CNN image retrieval with no human annotation, TPAMI 41, 3.4.
    """
    _check(query, neighbours)
    weights = np.maximum(neighbours @ query, 0.0) ** power
    moved = query.astype(np.float64) + weights.astype(np.float64) @ neighbours
    expanded: Vector = (moved / np.linalg.norm(moved)).astype(np.float32)
    return expanded


def compare_neighbourhoods(query: Vector, candidates: Embeddings, *, neighbours: int = 12) -> Affinities:
    """Measure how many neighbours each candidate shares with the query, where being neighbours is mutual.

    A node's neighbourhood are those of its nearest nodes that have it among their own nearest. The affinity is the
    Jaccard index of two neighbourhoods, plus a small share of the cosine that orders those with equal indices.

    Args:
        query: shape (d,), float32, unit length.
        candidates: shape (m, d), float32, unit rows.
        neighbours: size of a neighbourhood, at least 1.

    Returns:
        shape (m,), float32.

    Raises:
        DimensionMismatchError: query and candidates differ in d.
        QueryError: neighbours is below 1.

    Source: after Zhong et al. (2017): Re-ranking person re-identification with k-reciprocal encoding, CVPR.
    """
    if neighbours < 1:
        raise QueryError(f"neighbours is {neighbours}, expected at least 1")
    _check(query, candidates)
    if not len(candidates):
        return np.empty(0, dtype=np.float32)
    cosines = _similarities(query, candidates)
    near = _nearest_mask(cosines, neighbours)
    mutual = near & near.T
    np.fill_diagonal(mutual, val=True)
    shared = (mutual @ mutual[0].astype(np.float32))[1:]
    sizes = mutual.sum(axis=1, dtype=np.float32)
    affinity: Affinities = shared / (sizes[0] + sizes[1:] - shared) + _TIE * cosines[0, 1:]
    return affinity


_AT_THE_MEAN = 1e-6
_FEWEST_EDGES = 2
_NODES_PER_EDGE = 10
_TIE = np.float32(1e-3)
"""Weight of the cosine among candidates that share equally much; Jaccard indices of small sets differ by more."""


def _check(query: Vector, candidates: Embeddings) -> None:
    if candidates.shape[1] != query.shape[0]:
        raise DimensionMismatchError("the candidates of a re-ranking", query.shape[0], candidates.shape[1])


def _similarities(query: Vector, candidates: Embeddings) -> NDArray[np.float32]:
    """Cosines among query (node 0) and candidates, (m + 1, m + 1); symmetric."""
    nodes = np.concatenate([query[None], candidates]).astype(np.float32, copy=False)
    return nodes @ nodes.T


def _centre(nodes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Take the mean from all rows and bring them to unit length again; a row at the mean becomes zeros."""
    apart = nodes - nodes.mean(axis=0)
    lengths = np.linalg.norm(apart, axis=1, keepdims=True)
    unit: NDArray[np.float32] = np.divide(apart, lengths, out=np.zeros_like(apart), where=lengths > _AT_THE_MEAN)
    return unit


def _nearest_mask(cosines: NDArray[np.float32], count: int) -> NDArray[np.bool_]:
    """Mark in each row the nearest other nodes, ``count`` of them and those that tie with the last."""
    others = cosines.copy()
    np.fill_diagonal(others, -np.inf)
    count = min(count, len(others) - 1)
    last = np.partition(others, len(others) - count, axis=1)[:, len(others) - count, None]
    mask: NDArray[np.bool_] = others >= last
    return mask


def _join_neighbours(cosines: NDArray[np.float32], settings: Diffusion) -> NDArray[np.float32]:
    """The graph's edges (m + 1, m + 1), symmetric, divided by the square roots of the degrees of both ends."""
    edges = min(settings.neighbours, max(_FEWEST_EDGES, len(cosines) // _NODES_PER_EDGE))
    near = _nearest_mask(cosines, edges)
    weights = np.zeros_like(cosines)
    # Of the edges alone: a power of the whole matrix takes longer than everything else here.
    weights[near] = np.maximum(cosines[near], 0.0) ** np.float32(settings.power)
    weights = np.maximum(weights, weights.T)
    degrees = weights.sum(axis=1)
    scale = np.divide(1.0, np.sqrt(degrees), out=np.zeros_like(degrees), where=degrees > 0)
    weights *= scale[:, None]
    weights *= scale[None, :]
    return weights
