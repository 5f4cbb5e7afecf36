"""What a vector store does for us, whichever engine is behind it.

Two backends implement the protocol: `facies.core.store.edge` (Qdrant Edge, in process) and
`facies.core.store.server` (a Qdrant server or cluster through qdrant-client). One contract suite runs on both.
Every public method raises errors of `facies.core.errors` only. All methods are safe to call from several threads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from facies.core.filters import Filter
from facies.core.records import FieldKind, MetadataValue

Vector: TypeAlias = NDArray[np.float32]
Payload: TypeAlias = Mapping[str, MetadataValue]

MAX_BATCH = 256
"""Most points an engine is given at once; longer sequences are cut. Qdrant Edge holds the GIL meanwhile."""


@dataclass(frozen=True, slots=True)
class CollectionSchema:
    """Named vectors (name -> dimension), all compared by cosine, and the payload fields that have an index."""

    vectors: Mapping[str, int]
    indexes: Mapping[str, FieldKind] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Point:
    """A point to store: a UUID as text, named unit vectors (d,), and a flat payload of text and numbers."""

    id: str
    vectors: Mapping[str, Vector]
    payload: Payload = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hit:
    """A point found: its id, cosine similarity in [-1, 1], and payload."""

    id: str
    similarity: float
    payload: Payload


@dataclass(frozen=True, slots=True)
class VectorQuery:
    """What to search for, by vectors; ids are resolved to vectors, and excluded, by the caller.

    Attributes:
        vector_name: the named vector to search in.
        positive: at least one vector (d,), unit length. One alone is a plain nearest-neighbour query.
        negative: vectors to move away from.
        strategy: how several examples combine: Qdrant's ``average`` (mean of positives + that minus mean of negatives)
            or ``best_score``.
        k: neighbours wanted, at least 1.
        offset: neighbours to pass over first.
        where: only points that match.
        exclude: ids never returned.
        exact: scan everything instead of the graph.
    """

    vector_name: str
    positive: Sequence[Vector]
    negative: Sequence[Vector] = ()
    strategy: Literal["average", "best_score"] = "average"
    k: int = 10
    offset: int = 0
    where: Filter | None = None
    exclude: frozenset[str] = frozenset()
    exact: bool = False


@dataclass(frozen=True, slots=True)
class StoreHealth:
    """Whether the store answers, and what it says of itself."""

    ok: bool
    backend: str
    detail: str


@runtime_checkable
class VectorStore(Protocol):
    """Collections of points with named vectors."""

    def ensure(self, collection: str, schema: CollectionSchema) -> None:
        """Make the collection, or complete it with new vectors and indexes; a vector of another dimension is refused.

        Raises:
            CollectionExistsError: a named vector exists with another dimension.
            ConfigurationError: the name is not made of letters, digits, ``_``, ``-`` and ``.`` (1 to 100, no leading
                dot), or the schema does not fit.
        """

    def drop(self, collection: str) -> None:
        """Delete the collection and its points; nothing happens where there is none."""

    def collections(self) -> list[str]:
        """Names in alphabetical order."""

    def schema(self, collection: str) -> CollectionSchema:
        """The named vectors and indexes of a collection."""

    def upsert(self, collection: str, points: Sequence[Point]) -> None:
        """Store or replace points; on return they survive a kill of the process.

        Every point is checked before the first is written.

        Raises:
            InvalidPointError: an id is no UUID, a vector is missing, not finite or not of length 1, a payload value is
                neither text nor a finite number.
            DimensionMismatchError: a vector does not fit the schema.
            StorageError: disk full.
        """

    def set_payload(self, collection: str, ids: Sequence[str], payload: Payload) -> None:
        """Merge fields into the payload of existing points; unknown ids are passed over."""

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Delete points; unknown ids are passed over."""

    def get(self, collection: str, ids: Sequence[str], *, vectors: bool = True) -> dict[str, Point]:
        """Fetch points by id; unknown ids are absent from the answer."""

    def search(self, collection: str, query: VectorQuery) -> list[Hit]:
        """The nearest points, most similar first; equal similarities in order of id.

        Similarity is the cosine to the (combined) query under ``average``; under ``best_score`` it is the cosine to the
        mean of the positives while the order is the engine's.

        Raises:
            CollectionNotFoundError, DimensionMismatchError, QueryError (k < 1, no positive, unknown vector name).
        """

    def search_batch(self, collection: str, queries: Sequence[VectorQuery]) -> list[list[Hit]]:
        """Answers to several queries, in their order."""

    def scroll(
        self, collection: str, *, where: Filter | None = None, vectors: bool = False, batch: int = 256
    ) -> Iterator[Point]:
        """Every matching point once, in order of id, fetched ``batch`` at a time."""

    def count(self, collection: str, where: Filter | None = None) -> int:
        """Exact number of matching points."""

    def facet(
        self, collection: str, field_name: str, *, where: Filter | None = None, limit: int = 1000
    ) -> dict[str, int]:
        """Count points per value of an indexed keyword field, largest first."""

    def flush(self) -> None:
        """Write everything to disk now; errors surface here, not at close."""

    def health(self) -> StoreHealth:
        """Whether the store answers; never raises."""

    def close(self) -> None:
        """Flush and let go of the store; further calls raise StoreUnavailableError."""
