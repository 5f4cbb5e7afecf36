"""The labels of a collection's images: given, taken back as whole batches, and their history."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query

from facies.api.actors import ActorDep
from facies.api.autolabel import label_by_itself
from facies.api.dependencies import CollectionName, ImageId, ServiceDep
from facies.api.labelling import (
    check_collection_labels,
    count_states,
    label_images,
    list_batches,
    show_batch,
    show_history,
    undo_batch,
)
from facies.api.routes.responses import problems
from facies.core.wire_labels import (
    AutoLabelBody,
    AutoLabelOut,
    LabelBatchOut,
    LabelBatchPage,
    LabelBody,
    LabelCheckOut,
    LabelCountsOut,
    LabelHistoryOut,
)

router = APIRouter(prefix="/collections/{name}/labels", tags=["labels"])

_ID = "0b9a1a4e-5f43-5c5e-9d5e-2a0f3f6c1d2e"
_GIVEN = {
    "one": {"summary": "Name an image", "value": {"labels": [{"id": _ID, "label": "areoligera"}]}},
    "question": {
        "summary": "Flag an image for a second expert, unless somebody has labelled it meanwhile",
        "value": {
            "labels": [{"id": _ID, "label": "areoligera", "state": "dubious", "note": "or glaphyrocysta?", "seen": 17}]
        },
    },
}
_AUTOMATIC = {
    "preview": {"summary": "What would become of the images", "value": {"precision": 0.95}},
    "apply": {
        "summary": "Give the labels of a preview",
        "value": {"apply": True, "version": [9, 2]},
    },
}
BatchNumber = Annotated[int, Path(ge=1, le=2**63 - 1, description="Number of a batch of labels.")]


@router.post("", summary="Give labels", responses=problems(404, 409, 422, 503, 507))
def give(
    service: ServiceDep,
    actor: ActorDep,
    name: CollectionName,
    body: Annotated[LabelBody, Body(openapi_examples=_GIVEN)],
) -> LabelBatchOut:
    """Say of images what they show: all labels of a request, or none, as one batch that can be undone."""
    return label_images(service, name, body, actor)


@router.get("/counts", summary="Count labels by state", responses=problems(404, 422))
def read_counts(service: ServiceDep, name: CollectionName) -> LabelCountsOut:
    """How far the labelling has come; `version` changes with every change of labels."""
    return count_states(service, name)


@router.get("/batches", summary="List batches of labels", responses=problems(404, 422))
def read_batches(
    service: ServiceDep,
    name: CollectionName,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1, description="Only batches older than this one.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Most batches to give.")] = 100,
) -> LabelBatchPage:
    """Batches of labels, the newest first, those that were undone among them."""
    return list_batches(service, name, before=before, limit=limit)


@router.get("/batches/{number}", summary="Show a batch of labels", responses=problems(404, 422))
def read_batch(service: ServiceDep, name: CollectionName, number: BatchNumber) -> LabelBatchOut:
    """One batch, with all that is known of where it comes from; lists have only the plain values of that."""
    return show_batch(service, name, number)


@router.post("/batches/{number}/undo", summary="Undo a batch of labels", responses=problems(404, 409, 422, 503, 507))
def undo(service: ServiceDep, actor: ActorDep, name: CollectionName, number: BatchNumber) -> LabelBatchOut:
    """Take a batch back, whatever came later; the answer is the batch that says so, which can be undone itself."""
    return undo_batch(service, name, number, actor)


@router.get("/history/{image_id}", summary="Show what was said of an image", responses=problems(404, 422))
def read_history(service: ServiceDep, name: CollectionName, image_id: ImageId) -> LabelHistoryOut:
    """All that was ever said of an image, the oldest first, with who said it, when, and by what."""
    return show_history(service, name, image_id)


@router.post("/check", summary="Compare labels with the vector store", responses=problems(404, 409, 422, 503, 507))
def check(
    service: ServiceDep,
    name: CollectionName,
    mend: Annotated[bool, Query(description="Whether to mend what differs.")] = True,
) -> LabelCheckOut:
    """Compare the labels that filters see with those of the catalogue, and mend what differs."""
    return check_collection_labels(service, name, mend=mend)


@router.post("/auto", summary="Let images be labelled", responses=problems(404, 409, 422, 503, 507))
def auto(
    service: ServiceDep,
    actor: ActorDep,
    name: CollectionName,
    body: Annotated[AutoLabelBody, Body(openapi_examples=_AUTOMATIC)],
) -> AutoLabelOut:
    """Decide on every image that no person has named: a label, a set of labels, or unknown.

    The answer says what would become of them, and how many labels will be wrong. With `apply` the labels are given as
    predictions, in one batch that can be undone; they never take the place of what a person said.
    """
    return label_by_itself(service, name, body, actor)
