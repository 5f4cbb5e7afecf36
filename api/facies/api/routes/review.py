"""Reviews of a collection: queues of images that are worth a look, reference plates, groups of unknown images."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query

from facies.api.actors import ActorDep
from facies.api.dependencies import CollectionName, ServiceDep
from facies.api.review import list_queue, list_unknowns, rename, show_plate
from facies.api.routes.responses import problems
from facies.core.wire_labels import LabelBatchOut
from facies.core.wire_review import (
    MOST_SHOWN,
    PlateOut,
    QueueBody,
    QueueOut,
    RenameBody,
    UnknownsBody,
    UnknownsOut,
)

router = APIRouter(prefix="/collections/{name}/review", tags=["review"])

_READS, _WRITES = problems(404, 422, 503), problems(404, 409, 422, 503, 507)
_QUEUES = {
    "uncertain": {
        "summary": "The least sure names, slides kept apart",
        "value": {"by": "uncertain", "limit": 20, "group": "slide"},
    },
    "flagged": {"summary": "What others have asked about", "value": {"by": "flagged"}},
}
_NAMES = {
    "promote": {"summary": "Promote a provisional taxon", "value": {"names": ["Unknown A"], "to": "spiniferites"}},
    "merge": {"summary": "Merge two", "value": {"names": ["Unknown A", "Unknown C"], "to": "Unknown A+C"}},
}


@router.post("/queue", summary="List images that are worth a look", responses=_READS)
def read_queue(
    service: ServiceDep, name: CollectionName, body: Annotated[QueueBody, Body(openapi_examples=_QUEUES)]
) -> QueueOut:
    """Images that are worth a look, the most so first: `uncertain`, at a `boundary` of two classes, `diverse`.

    Or on which vectors are in `disagreement`; validated labels that are probably `errors`; `duplicates` with different
    labels; those that somebody `flagged` as dubious. A reply to the last is the next label of the image, with a note.
    """
    return list_queue(service, name, body)


@router.get("/plate", summary="Show the reference plate of a class", responses=_READS)
def read_plate(
    service: ServiceDep,
    name: CollectionName,
    *,
    label: Annotated[str, Query(min_length=1, description="The class.")],
    images: Annotated[int, Query(ge=1, le=MOST_SHOWN, description="Most images of each kind.")] = 6,
    vector: Annotated[str | None, Query(description="Named vector to compare by.")] = None,
    group: Annotated[str | None, Query(description="Metadata field of images that must not teach each other.")] = None,
) -> PlateOut:
    """The medoid of a class and what is typical, its images that are named least surely, what is confused with it."""
    return show_plate(service, name, label, images=images, vector=vector, group=group)


@router.post("/unknowns", summary="Group unknown images", responses=_READS)
def read_unknowns(service: ServiceDep, name: CollectionName, body: UnknownsBody) -> UnknownsOut:
    """Images that lie far from all validated ones, in groups that may be one taxon each. Changes nothing."""
    return list_unknowns(service, name, body)


@router.post("/unknowns/name", summary="Give groups of unknown images provisional names", responses=_WRITES)
def name_unknowns(service: ServiceDep, actor: ActorDep, name: CollectionName, body: UnknownsBody) -> UnknownsOut:
    """As `unknowns`, and each member of a group gets its provisional name as a prediction, in one batch."""
    return list_unknowns(service, name, body, actor)


@router.post("/rename", summary="Turn labels into another one", responses=_WRITES)
def rename_to(
    service: ServiceDep,
    actor: ActorDep,
    name: CollectionName,
    body: Annotated[RenameBody, Body(openapi_examples=_NAMES)],
) -> LabelBatchOut:
    """Promote a provisional taxon to a real name, or merge several: one batch, which can be undone."""
    return rename(service, name, body, actor)
