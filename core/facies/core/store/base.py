"""What a vector store does for us, whichever engine is behind it.

Two backends implement the protocol: `facies.core.store.edge` (Qdrant Edge, in process) and
`facies.core.store.server` (a Qdrant server or cluster through qdrant-client). One contract suite runs on both.
Every public method raises errors of `facies.core.errors` only. All methods are safe to call from several threads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from facies.core.filters import Filter
from facies.core.records import FieldKind, MetadataValue

Vector: TypeAlias = NDArray[np.float32]
Payload: TypeAlias = Mapping[str, MetadataValue]

Quantization: TypeAlias = Literal["none", "int8", "turbo4"]

WithVectors: TypeAlias = bool | Sequence[str]
"""All named vectors of a point, none, or those of these names."""

MAX_BATCH = 256
"""Most points an engine is given at once; longer sequences are cut. Qdrant Edge holds the GIL meanwhile."""


@dataclass(frozen=True, slots=True)
class CollectionSchema:
    """Named vectors (name -> dimension), all compared by cosine, and the payload fields that have an index."""

    vectors: Mapping[str, int]
    indexes: Mapping[str, FieldKind] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Point:
    """A point to store: a UUID as text, named unit vectors (d,), and a flat payload of text and numbers.

    Of the collection's named vectors at least one is there; the others can come later (`VectorStore.put_vectors`).
    """

    id: str
    vectors: Mapping[str, Vector]
    payload: Payload = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hit:
    """A point found: its id, its cosine similarity in [-1, 1], and where the query wants it the vector (d,)."""

    id: str
    similarity: float
    vector: Vector | None = field(default=None, compare=False, repr=False)


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
        exact: scan everything instead of the graph, with the vectors as they were stored.
        ef: how many candidates the search of the graph keeps at a time, at least 1: more find more of the true
            neighbours and take longer. None: what the backend takes for recall of 0.99 or more.
        with_vectors: whether hits come with their vector of this name, which is faster than to fetch them afterwards.
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
    ef: int | None = None
    with_vectors: bool = False


@dataclass(frozen=True, slots=True)
class CollectionInfo:
    """What a collection looks like to its engine.

    Attributes:
        points: how many it holds.
        graphed: how many of them are found through the graph; the others are scanned.
        quantization: how the vectors that are searched first are packed: ``none``, ``int8`` or ``turbo4``. The answer
            is always ordered by the full vectors.
        disk_bytes: what it takes on the disk; None where the backend does not say.
        optimizing: whether a graph is being built.
    """

    points: int
    graphed: int
    quantization: Quantization
    disk_bytes: int | None
    optimizing: bool


@dataclass(frozen=True, slots=True)
class StoreHealth:
    """Whether the store answers, and what it says of itself."""

    ok: bool
    backend: str
    detail: str


@runtime_checkable
class CopyableStore(Protocol):
    """A store whose files are at hand, and can be copied while it goes on."""

    def copied(self, target: Path) -> AbstractContextManager[None]:
        """Copy everything below another folder, as at one moment: until the context ends nobody writes, reads go on.

        Raises:
            StorageError: the disk is full, or the target cannot be written.
        """


@runtime_checkable
class VectorStore(Protocol):
    """Collections of points with named vectors."""

    def ensure(self, collection: str, schema: CollectionSchema) -> None:
        """Make the collection, or complete it with new vectors and indexes; a vector of another dimension is refused.

        Points that were there before a vector was added lack it until `put_vectors`, and no search in it finds them.

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

        A point that was there is replaced whole: it keeps neither vectors nor fields that the new one does not have.
        Every point is checked before the first is written.

        Raises:
            InvalidPointError: an id is no UUID, there is no vector or one that the schema does not know, a vector is
                not finite or not of length 1, a payload value is neither text nor a finite number.
            DimensionMismatchError: a vector does not fit the schema.
            StorageError: disk full.
        """

    def put_vectors(self, collection: str, name: str, rows: Mapping[str, Vector]) -> None:
        """Give existing points one named vector (id -> unit vector), or replace it; unknown ids are passed over.

        This is how a collection gets the vectors of another model: `ensure` with the new name, then these.

        Raises:
            InvalidPointError, DimensionMismatchError, QueryError (the schema has no such vector).
        """

    def drop_vector(self, collection: str, name: str) -> None:
        """Take a named vector away with every row of it; nothing happens where there is none of this name.

        The name is free afterwards, for vectors of any dimension. A building of the graph that is under way is broken
        off. A kill on the way leaves a name that the schema may still have; calling this again ends it.

        Raises:
            ConfigurationError: it is the only one.
        """

    def set_payload(self, collection: str, ids: Sequence[str], payload: Payload) -> None:
        """Merge fields into the payload of existing points; unknown ids are passed over."""

    def drop_payload(self, collection: str, ids: Sequence[str], names: Sequence[str]) -> None:
        """Take fields out of the payload of existing points; unknown ids and fields are passed over."""

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Delete points; unknown ids are passed over."""

    def get(self, collection: str, ids: Sequence[str], *, vectors: WithVectors = True) -> dict[str, Point]:
        """Fetch points by id, in the order of the ids; unknown ids are absent from the answer.

        Args:
            collection: name of the collection.
            ids: of the points.
            vectors: whether the points come with their vectors, or the names of those that they come with. A point
                lacks what it has not; to name one is much faster where a collection has several.

        Raises:
            QueryError: the schema has no vector of a name.
        """

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
        self,
        collection: str,
        *,
        where: Filter | None = None,
        lacking: str | None = None,
        vectors: bool = False,
        batch: int = 256,
    ) -> Iterator[Point]:
        """Every matching point once, in order of id, fetched ``batch`` at a time.

        Args:
            collection: name of the collection.
            where: only points that match.
            lacking: only points that have no vector of this name (see `put_vectors`).
            vectors: whether the points come with their vectors.
            batch: points fetched at a time.

        Raises:
            QueryError: the schema has no vector that ``lacking`` names.
        """

    def count(self, collection: str, where: Filter | None = None, *, lacking: str | None = None) -> int:
        """Exact number of matching points; with ``lacking`` as in `scroll`."""

    def facet(
        self, collection: str, field_name: str, *, where: Filter | None = None, limit: int = 1000
    ) -> dict[str, int]:
        """Count points per value of an indexed keyword field, largest first."""

    @property
    def optimizes_itself(self) -> bool:
        """Whether graphs are built as collections grow, without anybody asking for it."""

    def describe(self, collection: str) -> CollectionInfo:
        """Size and state of a collection."""

    def optimize(self, collection: str) -> CollectionInfo:
        """Build the graph over all points and pack the vectors as the settings say; returns when it is in use.

        Searches and writes go on meanwhile, in this process and through this store, and find everything written.
        A kill at any moment leaves the collection as it was or optimized, with every point that was acknowledged.

        Raises:
            StorageError: there is not enough space for the copy; nothing changed.
            StoreError: the collection is being optimized already, or the build failed; nothing changed.
        """

    def stage(self, collection: str, schema: CollectionSchema) -> str:
        """Start another generation of a collection beside the one in use; it is filled through the name returned.

        The name works wherever this protocol takes a collection; `collections` does not list it. Only one generation
        can be on its way; an older unfinished one is discarded. It is for one process: the embedded store forgets it
        at `close` or a kill.

        Returns:
            The collection's name, ``@``, and a number of four digits or more: ``microfossils@0002``. No collection can
            be called so, since a name has no ``@``.

        Raises:
            CollectionNotFoundError: no such collection.
        """

    def publish(self, staged: str) -> None:
        """Put a staged generation in the place of the one in use, in one step, and delete the old one.

        What was written to the one in use since `stage` is not carried over; that is for the caller to do before.

        Raises:
            CollectionNotFoundError: there is no such generation.
        """

    def discard(self, staged: str) -> None:
        """Delete a staged generation; nothing happens where there is none."""

    def flush(self) -> None:
        """Write everything to disk now; errors surface here, not at close."""

    def health(self) -> StoreHealth:
        """Whether the store answers; never raises."""

    def close(self) -> None:
        """Flush and let go of the store; further calls raise StoreUnavailableError."""
