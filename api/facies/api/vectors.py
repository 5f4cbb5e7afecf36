"""The named vectors of a collection as use cases: how they stand, which is the default, taking one away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from facies.api.service import Service
from facies.core.errors import CatalogError, QueryError
from facies.core.wire_upkeep import VectorStateOut
from facies.indexer.named_vectors import choose_default, drop_vector


def list_vectors(service: Service, name: str) -> list[VectorStateOut]:
    """How each named vector stands, the default first.

    Raises:
        CollectionNotFoundError: no collection of this name.
    """
    record = service.workspace.catalog.collection(name)
    count = service.workspace.store.count
    return [
        VectorStateOut(
            name=vector.name,
            is_default=vector == record.default_vector,
            lacking=count(name, lacking=vector.name),
        )
        for vector in record.vectors
    ]


def set_default(service: Service, name: str, vector: str) -> list[VectorStateOut]:
    """Let searches use a named vector from now on.

    Raises:
        CollectionNotFoundError: no collection of this name.
        QueryError: it has no such vector, or images lack it; see `facies.indexer.named_vectors.choose_default`.
        JobConflictError: a job is writing to the collection.
    """
    with service.kept_out(name), _refused():
        choose_default(service.workspace, name, vector)
    return list_vectors(service, name)


def drop(service: Service, name: str, vector: str) -> list[VectorStateOut]:
    """Take a named vector away with all its rows; gives those that are left.

    Raises:
        CollectionNotFoundError: no collection of this name.
        QueryError: it has no such vector, or cannot do without; see `facies.indexer.named_vectors.drop_vector`.
        JobConflictError: a job is writing to the collection.
    """
    with service.kept_out(name), _refused():
        drop_vector(service.workspace, name, vector)
    return list_vectors(service, name)


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except CatalogError as error:  # on the command line the catalogue refuses; over HTTP it is the caller's mistake
        raise QueryError(error.message) from error
