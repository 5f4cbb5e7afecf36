"""The search use case: examples, for and against, and a filter give neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from facies.api.candidates import MODEST_DEPTH
from facies.api.examples import Upload, find_vectors, named_vector, own_ids
from facies.api.found import Found
from facies.api.images import neighbour_out
from facies.api.notes import explain_nothing
from facies.api.percentiles import percentiles_of
from facies.api.reranking import choose_reranker
from facies.api.service import Service
from facies.api.shaping import Ranking, is_shaped, shape_page
from facies.api.where import check_group, read_where
from facies.core.records import CollectionRecord, ImageRecord, Neighbour, VectorRecord
from facies.core.store import Hit, VectorQuery
from facies.core.wire_search import SearchBody, SearchOut
from facies.core.workspace import Workspace
from facies.indexer.generations import has_learnt

_Page: TypeAlias = list[tuple[ImageRecord, Found]]


def search_images(
    service: Service,
    name: str,
    body: SearchBody,
    uploads: Sequence[Upload] = (),
) -> SearchOut:
    """Find the images of a collection that are most similar to the examples.

    Images given whole by id never come back; uploads and crops may (see `facies.api.examples.own_ids`). How an answer
    is put together beyond that, and why its pages fit together, is told by `facies.api.shaping`.

    Args:
        service: the open parts; no network is loaded for a search by ids alone.
        name: the collection.
        body: examples, filter, k and offset, and how the answer is put together.
        uploads: the files that examples name by position; of a multi-page file the first page counts.

    Raises:
        CollectionNotFoundError: no collection of this name.
        QueryError: k, a filter, a crop, or the name of a vector or field makes no sense.
        ImageNotFoundError, OriginalMissingError, ImageError, FingerprintMismatchError: see `find_vectors`.
    """
    workspace = service.workspace
    collection = workspace.catalog.collection(name)
    names: Sequence[str | None] = body.vectors or [body.vector]
    vectors = [named_vector(collection, one) for one in names]
    service.limits.check_k(body.k)
    check_group(workspace, name, body.group_by)
    rankings = _rankings(service, collection, vectors, body, uploads)
    page, notes = _find_page(workspace, rankings, body)
    if not page and not notes:
        notes = [explain_nothing(workspace, collection, vectors[0], rankings[0].query, body.offset)]
    percentiles = _percentiles(service, collection, vectors[0], [found for _, found in page])
    return SearchOut(
        collection=name,
        vector=vectors[0].name,
        k=body.k,
        offset=body.offset,
        neighbours=[
            neighbour_out(name, record, found, percentile)
            for (record, found), percentile in zip(page, percentiles, strict=True)
        ],
        vectors=[vector.name for vector in vectors] if len(vectors) > 1 else [],
        reranked_by=next((ranking.reranker.method for ranking in rankings if ranking.reranker), None),
        notes=notes,
    )


def find_neighbours(workspace: Workspace, collection: str, queries: Sequence[VectorQuery]) -> list[list[Neighbour]]:
    """Ask the store, and join what it finds with the catalogue.

    A point whose catalogue row never came (a run killed between the two) is not acknowledged, so it is not part of
    the collection: it is left out and the queries are asked again without it.
    """
    deepest = max((q.offset + q.k for q in queries), default=0)
    # Engines reserve memory for as many hits as are asked for. Counting a large collection takes longer than searching
    # it, so only depths that could hurt are compared with the number of points.
    points = workspace.store.count(collection) if deepest > MODEST_DEPTH else deepest
    asked = [replace(q, k=min(q.k, max(points - q.offset, 1))) for q in queries]
    while True:
        answers = _ask(workspace, collection, asked, points)
        ids = {hit.id for hits in answers for hit in hits}
        records = workspace.catalog.images(collection, sorted(ids))
        unknown = ids - records.keys()
        if not unknown:
            return [[Neighbour(records[hit.id], hit.similarity) for hit in hits] for hits in answers]
        asked = [replace(q, exclude=q.exclude | unknown) for q in asked]


def _rankings(
    service: Service,
    collection: CollectionRecord,
    vectors: Sequence[VectorRecord],
    body: SearchBody,
    uploads: Sequence[Upload],
) -> list[Ranking]:
    """What is asked of the store, for each named vector; examples are embedded for each."""
    rerankers = [choose_reranker(body, vector) for vector in vectors]
    where = read_where(service.workspace, collection.name, body.where)
    examples = [*body.positive, *body.negative]
    positives = len(body.positive)
    found = [find_vectors(service, collection, vector, examples, uploads) for vector in vectors]
    queries = [
        VectorQuery(
            vector_name=vector.name,
            positive=rows[:positives],
            negative=rows[positives:],
            strategy=body.strategy,
            k=body.k,
            offset=body.offset,
            where=where,
            exclude=own_ids(examples),
        )
        for vector, rows in zip(vectors, found, strict=True)
    ]
    return [
        Ranking(service.workspace, collection.name, query, reranker)
        for query, reranker in zip(queries, rerankers, strict=True)
    ]


def _find_page(workspace: Workspace, rankings: Sequence[Ranking], body: SearchBody) -> tuple[_Page, list[str]]:
    """The images of the page, and what to say of it; an order that is the store's own is asked for no further."""
    first = rankings[0]
    if len(rankings) == 1 and first.reranker is None and not is_shaped(body):
        neighbours = find_neighbours(workspace, first.collection, [first.query])[0]
        return [(one.record, Found(one.record.id, one.similarity)) for one in neighbours], []
    page, notes = shape_page(rankings, body)
    records = workspace.catalog.images(first.collection, [found.id for found in page])
    return [(records[found.id], found) for found in page if found.id in records], notes


def _percentiles(
    service: Service, collection: CollectionRecord, vector: VectorRecord, page: Sequence[Found]
) -> list[float | None]:
    """What the similarities mean in this vector; nothing of an image that lacks it.

    Nor in a vector that has learnt from the labels: pairs that it was taught lie closer than any that it was not.
    """
    if not page or has_learnt(collection, vector):
        return [None] * len(page)
    reference = service.references.get(service.workspace, collection, vector)
    values = percentiles_of([found.similarity for found in page], reference)
    return [
        None if found.similarities and vector.name not in found.similarities else value
        for found, value in zip(page, values, strict=True)
    ]


def _ask(workspace: Workspace, collection: str, queries: Sequence[VectorQuery], points: int) -> list[list[Hit]]:
    """Answers to all queries; one whose offset passes every point is not put to the store."""
    sensible = [q for q in queries if q.offset < points]
    answers = iter(workspace.store.search_batch(collection, sensible)) if sensible else iter(())
    return [next(answers) if q.offset < points else [] for q in queries]
