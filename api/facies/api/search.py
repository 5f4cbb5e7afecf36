"""The search use case: examples, for and against, and a filter give neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from facies.api.examples import Upload, find_vectors, named_vector, own_ids
from facies.api.images import neighbour_out
from facies.api.service import Service
from facies.api.where import read_where
from facies.core.records import Neighbour
from facies.core.store import Hit, VectorQuery
from facies.core.wire import SearchBody, SearchOut
from facies.core.workspace import Workspace

_MODEST_DEPTH = 10_000
"""Offset and k together that any engine answers without harm, however few points there are."""


def search_images(
    service: Service,
    name: str,
    body: SearchBody,
    uploads: Sequence[Upload] = (),
) -> SearchOut:
    """Find the images of a collection that are most similar to the examples.

    Images given whole by id never come back; uploads and crops may (see `facies.api.examples.own_ids`).

    Args:
        service: the open parts; no network is loaded for a search by ids alone.
        name: the collection.
        body: examples, filter, k and offset.
        uploads: the files that examples name by position; of a multi-page file the first page counts.

    Raises:
        CollectionNotFoundError: no collection of this name.
        QueryError: k, a filter, a crop or a vector's name makes no sense.
        ImageNotFoundError, OriginalMissingError, ImageError, FingerprintMismatchError: see `find_vectors`.
    """
    collection = service.workspace.catalog.collection(name)
    vector = named_vector(collection, body.vector)
    service.limits.check_k(body.k)
    where = read_where(service.workspace, name, body.where)
    examples = [*body.positive, *body.negative]
    vectors = find_vectors(service, collection, vector, examples, uploads)
    query = VectorQuery(
        vector_name=vector.name,
        positive=vectors[: len(body.positive)],
        negative=vectors[len(body.positive) :],
        strategy=body.strategy,
        k=body.k,
        offset=body.offset,
        where=where,
        exclude=own_ids(examples),
    )
    neighbours = find_neighbours(service.workspace, name, [query])[0]
    return SearchOut(
        collection=name,
        vector=vector.name,
        k=body.k,
        offset=body.offset,
        neighbours=[neighbour_out(name, found.record, found.similarity) for found in neighbours],
    )


def find_neighbours(workspace: Workspace, collection: str, queries: Sequence[VectorQuery]) -> list[list[Neighbour]]:
    """Ask the store, and join what it finds with the catalogue.

    A point whose catalogue row never came (a run killed between the two) is not acknowledged, so it is not part of
    the collection: it is left out and the queries are asked again without it.
    """
    deepest = max((q.offset + q.k for q in queries), default=0)
    # Engines reserve memory for as many hits as are asked for. Counting a large collection takes longer than searching
    # it, so only depths that could hurt are compared with the number of points.
    points = workspace.store.count(collection) if deepest > _MODEST_DEPTH else deepest
    asked = [replace(q, k=min(q.k, max(points - q.offset, 1))) for q in queries]
    while True:
        answers = _ask(workspace, collection, asked, points)
        ids = {hit.id for hits in answers for hit in hits}
        records = workspace.catalog.images(collection, sorted(ids))
        unknown = ids - records.keys()
        if not unknown:
            return [[Neighbour(records[hit.id], hit.similarity) for hit in hits] for hits in answers]
        asked = [replace(q, exclude=q.exclude | unknown) for q in asked]


def _ask(workspace: Workspace, collection: str, queries: Sequence[VectorQuery], points: int) -> list[list[Hit]]:
    """Answers to all queries; one whose offset passes every point is not put to the store."""
    sensible = [q for q in queries if q.offset < points]
    answers = iter(workspace.store.search_batch(collection, sensible)) if sensible else iter(())
    return [next(answers) if q.offset < points else [] for q in queries]
