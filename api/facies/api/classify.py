"""The classification use case: what the validated images say of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from facies.api.examples import Upload, find_readable_vectors, find_vectors, named_vector, own_ids
from facies.api.found import Found
from facies.api.images import neighbour_out
from facies.api.naming import Asked, count_votes, name_calibrated
from facies.api.search import find_neighbours
from facies.api.service import Service
from facies.api.taxa import taxa_in_question
from facies.api.where import read_where
from facies.core.errors import QueryError
from facies.core.filters import All, Equals, Filter
from facies.core.records import Neighbour
from facies.core.store import VectorQuery
from facies.core.wire_classify import ClassifiedOut, ClassifyBody, ClassifyOut, PredictionOut, UnreadableOut
from facies.core.wire_search import Example

VALIDATED = Equals("state", "validated")
"""Only labels that a person gave or imported vote; a prediction must not confirm itself."""
_TOP: Final = {"scenes": 3}
_TOP_ELSE: Final = 5
"""Labels to give, as the published systems do: three of the few scenes, five of anything else."""


def classify_images(
    service: Service,
    name: str,
    body: ClassifyBody,
    uploads: Sequence[Upload] = (),
) -> ClassifyOut:
    """Name each example from the validated images of a collection.

    Probabilities are calibrated, by the way of naming that does best on the validated images, each named without itself
    (`facies.models.namers`). With a ``temperature`` they are plain votes: shares of the similarity-weighted votes of
    the k nearest. An image given whole by id does not vote on itself, and is named as if nobody had named it.

    With ``skip_unreadable`` files that cannot be read are listed, and the others are named.

    Labels that a mask hides are out of the question: their probability goes to the others. What is rolled up are the
    probabilities of all labels, not of the ``top`` ones alone.

    Raises:
        CollectionNotFoundError: no collection of this name.
        TaxonomyNotFoundError, UnknownTaxonError, TaxonomyError: see `facies.api.taxa.taxa_in_question`.
        QueryError: nothing in the collection has a validated label, or not enough for calibration; see `search_images`.
        ImageNotFoundError, OriginalMissingError, ImageError, FingerprintMismatchError: see `find_vectors`.
    """
    collection = service.workspace.catalog.collection(name)
    vector = named_vector(collection, body.vector)
    service.limits.check_k(body.k)
    wanted = read_where(service.workspace, name, body.where)
    taxa = taxa_in_question(service.workspace, name, body)
    voters: list[Filter] = [one for one in (VALIDATED, wanted, taxa.where) if one is not None]
    failures: list[UnreadableOut] = []
    if body.skip_unreadable:
        found, faults = find_readable_vectors(service, collection, vector, body.examples, uploads)
        failures = [
            UnreadableOut(example=place, name=_name_of(body.examples[place], uploads), reason=fault.message)
            for place, fault in faults.items()
        ]
        if not found:
            return ClassifyOut(collection=name, vector=vector.name, k=body.k, predictions=[], failures=failures)
        vectors = list(found.values())
        body = body.model_copy(update={"examples": [body.examples[place] for place in found]})
    else:
        vectors = find_vectors(service, collection, vector, body.examples, uploads)
    asked = Asked(service, collection, vector, body, taxa, tuple(vectors))
    neighbours = _find_voters(asked, All(tuple(voters)) if len(voters) > 1 else VALIDATED)
    answer = count_votes(asked, neighbours) if body.temperature is not None else name_calibrated(asked, wanted)
    top = body.top or _TOP.get(collection.preset, _TOP_ELSE)
    predictions = [
        ClassifiedOut(
            name=_name_of(example, uploads),
            top=[PredictionOut(label=one.label, probability=one.probability) for one in said.predictions[:top]],
            novelty=said.novelty,
            strangeness=said.strangeness,
            verdict=said.verdict,
            set=said.set,
            neighbours=[neighbour_out(name, one.record, Found(one.record.id, one.similarity)) for one in nearest],
            rolled_up=taxa.roll_up(said.predictions),
        )
        for example, said, nearest in zip(body.examples, answer.said, neighbours, strict=True)
    ]
    return ClassifyOut(
        collection=name,
        vector=vector.name,
        k=body.k,
        way=answer.way,
        calibrated=body.temperature is None,
        calibration_error=answer.calibration_error,
        validated=answer.validated,
        predictions=predictions,
        failures=failures,
        notes=list(answer.notes),
        taxonomy=None if taxa.taxonomy is None else taxa.taxonomy.name,
        hidden=taxa.hidden,
    )


def _find_voters(asked: Asked, where: Filter) -> list[list[Neighbour]]:
    """The nearest validated images of each example."""
    name = asked.collection.name
    queries = [
        VectorQuery(
            vector_name=asked.vector.name, positive=[v], k=asked.body.k, where=where, exclude=own_ids([example])
        )
        for v, example in zip(asked.vectors, asked.body.examples, strict=True)
    ]
    answers = find_neighbours(asked.service.workspace, name, queries)
    if not any(answers):
        narrowed = " that the filter lets through" if asked.body.where or asked.taxa.mask else ""
        raise QueryError(
            f"collection {name!r} has no images with validated labels{narrowed}, so nothing can vote. "
            "`facies index FOLDER --labels folder` imports the names of sub-folders as labels."
        )
    return answers


def _name_of(example: Example, uploads: Sequence[Upload]) -> str:
    return str(example.id) if example.upload is None else uploads[example.upload].name
