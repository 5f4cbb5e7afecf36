"""The classification use case: labelled neighbours vote."""

from __future__ import annotations

from collections.abc import Sequence

from facies.api.examples import Upload, find_vectors, named_vector, own_ids
from facies.api.found import Found
from facies.api.images import neighbour_out
from facies.api.search import find_neighbours
from facies.api.service import Service
from facies.api.taxa import TaxaInQuestion, taxa_in_question
from facies.api.where import read_where
from facies.core.errors import QueryError
from facies.core.filters import All, Equals, Filter
from facies.core.records import Neighbour
from facies.core.store import VectorQuery
from facies.core.wire import ClassifiedOut, ClassifyBody, ClassifyOut, Example, PredictionOut
from facies.models.knn import classify_neighbours

VALIDATED = Equals("state", "validated")
"""Only labels that a person gave or imported vote; a prediction must not confirm itself."""


def classify_images(
    service: Service,
    name: str,
    body: ClassifyBody,
    uploads: Sequence[Upload] = (),
) -> ClassifyOut:
    """Name each example by the similarity-weighted votes of its k nearest validated neighbours.

    An image given whole by id does not vote on itself. Probabilities of one answer add up to 1 over all labels among
    the neighbours, of which the ``top`` ones are shown. Labels that a mask hides do not vote: others take their places
    among the k. What is rolled up are the probabilities of all labels, not of the ``top`` ones alone.

    Raises:
        CollectionNotFoundError: no collection of this name.
        TaxonomyNotFoundError, UnknownTaxonError, TaxonomyError: see `facies.api.taxa.taxa_in_question`.
        QueryError: nothing in the collection has a validated label, or see `search_images`.
        ImageNotFoundError, OriginalMissingError, ImageError, FingerprintMismatchError: see `find_vectors`.
    """
    collection = service.workspace.catalog.collection(name)
    vector = named_vector(collection, body.vector)
    service.limits.check_k(body.k)
    wanted = read_where(service.workspace, name, body.where)
    taxa = taxa_in_question(service.workspace, name, body)
    conditions: list[Filter] = [one for one in (VALIDATED, wanted, taxa.where) if one is not None]
    where: Filter = All(tuple(conditions)) if len(conditions) > 1 else VALIDATED
    vectors = find_vectors(service, collection, vector, body.examples, uploads)
    queries = [
        VectorQuery(vector_name=vector.name, positive=[v], k=body.k, where=where, exclude=own_ids([example]))
        for v, example in zip(vectors, body.examples, strict=True)
    ]
    answers = find_neighbours(service.workspace, name, queries)
    if not any(answers):
        narrowed = " that the filter lets through" if body.where or taxa.mask else ""
        raise QueryError(
            f"collection {name!r} has no images with validated labels{narrowed}, so nothing can vote. "
            "`facies index FOLDER --labels folder` imports the names of sub-folders as labels."
        )
    predictions = [
        _classified(name, _name_of(example, uploads), neighbours, body, taxa)
        for example, neighbours in zip(body.examples, answers, strict=True)
    ]
    return ClassifyOut(
        collection=name,
        vector=vector.name,
        k=body.k,
        predictions=predictions,
        taxonomy=None if taxa.taxonomy is None else taxa.taxonomy.name,
        hidden=taxa.hidden,
    )


def _name_of(example: Example, uploads: Sequence[Upload]) -> str:
    return str(example.id) if example.upload is None else uploads[example.upload].name


def _classified(
    collection: str, name: str, neighbours: Sequence[Neighbour], body: ClassifyBody, taxa: TaxaInQuestion
) -> ClassifiedOut:
    votes = [(found.similarity, found.record.label) for found in neighbours]
    labelled = [(similarity, label) for similarity, label in votes if label is not None]
    predictions = classify_neighbours(
        [similarity for similarity, _ in labelled],
        [label for _, label in labelled],
        temperature=body.temperature,
        top=max(body.top, body.k),
    )
    return ClassifiedOut(
        name=name,
        top=[PredictionOut(label=p.label, probability=p.probability) for p in predictions[: body.top]],
        neighbours=[neighbour_out(collection, one.record, Found(one.record.id, one.similarity)) for one in neighbours],
        rolled_up=taxa.roll_up(predictions),
    )
