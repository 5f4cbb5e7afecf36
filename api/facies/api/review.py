"""The use cases of reviews: queues, reference plates, and groups of unknown images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from facies.api.folding import join_leaders
from facies.api.images import image_out
from facies.api.labelling import batch_out
from facies.api.namers import keep_learning
from facies.api.point_reader import PointReader
from facies.api.service import Service
from facies.api.where import read_where
from facies.core.actors import Actor
from facies.core.wire_classify import PredictionOut
from facies.core.wire_labels import LabelBatchOut
from facies.core.wire_review import (
    ExemplarOut,
    PlateOut,
    QueueBody,
    QueueItemOut,
    QueueOut,
    RenameBody,
    UnknownGroupOut,
    UnknownsBody,
    UnknownsOut,
)
from facies.indexer.labelling.plates import Exemplar, make_plate
from facies.indexer.labelling.queue_items import QueueItem, QueueOrder
from facies.indexer.labelling.queues import Queue, make_queue
from facies.indexer.labelling.review import choose_vector
from facies.indexer.labelling.unknowns import Unknowns, find_unknowns, give_provisional, rename_labels

if TYPE_CHECKING:
    from facies.core.wire import ImageOut

_ABOUT_LABELS: Final = frozenset({"errors", "duplicates", "flagged"})
"""Queues of images of which people said something; what is all but the same picture may well differ in that."""


def list_queue(service: Service, name: str, body: QueueBody) -> QueueOut:
    """Images that are worth a look, for one reason.

    Raises:
        CollectionNotFoundError: no collection of this name.
        QueryError: there is no vector or field of a name; nothing is validated, or of one class alone, where that
            takes more.
    """
    order = QueueOrder(
        body.by,
        body.limit,
        body.vector,
        tuple(body.other_vectors),
        read_where(service.workspace, name, body.where),
        body.group,
        body.doubt,
        body.alike,
        frozenset(body.without),
    )
    # Suspected errors carry the versions of the labels that taught, so those have to be the labels of now.
    learn = keep_learning(service.namers, body.group, latest=body.by == "errors")
    queue = make_queue(service.workspace, name, order, learn)
    folds = body.fold and body.by not in _ABOUT_LABELS
    leaders = _fold(service, queue, body.alike) if folds else [(item, []) for item in queue.items]
    ids = [key for item in queue.items for key in (item.id, item.mate) if key is not None]
    images = show_images(service, name, ids)
    items = [_item_out(item, folded, images) for item, folded in leaders if item.id in images]
    return QueueOut(
        by=queue.reason,
        collection=name,
        vector=queue.vector,
        looked_at=queue.looked_at,
        items=items,
        notes=list(queue.notes),
    )


def show_plate(
    service: Service, name: str, label: str, *, images: int, vector: str | None, group: str | None
) -> PlateOut:
    """The reference plate of a class.

    Raises:
        CollectionNotFoundError: no collection of this name.
        QueryError: no image is validated as this class; there is no vector or field of a name.
    """
    learn = keep_learning(service.namers, group)
    plate = make_plate(service.workspace, name, label, vector=vector, count=images, group=group, learn=learn)
    shown = [plate.medoid, *plate.typical, *plate.boundary, *plate.confusable]
    there = show_images(service, name, [one.id for one in shown])

    def out(exemplars: Sequence[Exemplar]) -> list[ExemplarOut]:
        return [
            ExemplarOut(
                image=there[one.id],
                other=one.other,
                margin=one.margin,
                nearest=one.nearest,
                similarity=one.similarity,
            )
            for one in exemplars
            if one.id in there
        ]

    return PlateOut(
        label=plate.label,
        collection=name,
        vector=plate.vector,
        images=plate.images,
        medoid=out([plate.medoid])[0],
        typical=out(plate.typical),
        boundary=out(plate.boundary),
        confusable=out(plate.confusable),
        notes=list(plate.notes),
    )


def list_unknowns(service: Service, name: str, body: UnknownsBody, actor: Actor | None = None) -> UnknownsOut:
    """Unknown images in groups; with an actor, who gives these their provisional names in one batch.

    Raises:
        CollectionNotFoundError: no collection of this name.
        QueryError: there is no vector or field of a name; no group to be named.
        StaleLabelError: somebody has labelled one of the images meanwhile; nothing was changed.
    """
    found = find_unknowns(
        service.workspace,
        name,
        vector=body.vector,
        where=read_where(service.workspace, name, body.where),
        group=body.group,
        share=body.share,
        fewest=body.fewest,
        name_by=body.name_by,
    )
    batch = None if actor is None else batch_out(give_provisional(service.workspace, found, actor))
    return _unknowns_out(service, found, batch, body.shown)


def rename(service: Service, name: str, body: RenameBody, actor: Actor) -> LabelBatchOut:
    """Turn labels into another one, as one batch.

    Raises:
        CollectionNotFoundError: no collection of this name.
        QueryError: no image has one of the labels.
        StaleLabelError: somebody has labelled one of the images meanwhile; nothing was changed.
    """
    made = rename_labels(service.workspace, name, body.names, body.to, actor, validate=body.validate_images)
    return batch_out(made)


def show_images(service: Service, name: str, ids: Sequence[str]) -> dict[str, ImageOut]:
    """Images by id, as the API shows them; those that were deleted meanwhile are absent."""
    records = service.workspace.catalog.images(name, list(dict.fromkeys(ids)))
    return {key: image_out(name, record) for key, record in records.items()}


def _fold(service: Service, queue: Queue, alike: float) -> list[tuple[QueueItem, list[str]]]:
    """Items that are like none before them, each with the ids of those behind it that are like it."""
    vector = choose_vector(service.workspace, queue.collection, queue.vector)
    reader = PointReader(service.workspace, queue.collection, vector.name, vector.dim)
    rows = reader.rows([item.id for item in queue.items])
    leaders: list[tuple[QueueItem, list[str]]] = []
    for item, number in zip(queue.items, join_leaders(rows, rows[:0], alike).tolist(), strict=True):
        if number == len(leaders):
            leaders.append((item, []))
        else:
            leaders[number][1].append(item.id)
    return leaders


def _item_out(item: QueueItem, folded: Sequence[str], images: dict[str, ImageOut]) -> QueueItemOut:
    return QueueItemOut(
        image=images[item.id],
        value=item.value,
        suggestions=[PredictionOut(label=one.label, probability=one.probability) for one in item.suggestions],
        by_vector=dict(item.by_vector),
        folded_ids=list(folded),
        mate=None if item.mate is None else images.get(item.mate),
        note=item.note,
        actor=item.actor,
    )


def _unknowns_out(service: Service, found: Unknowns, batch: LabelBatchOut | None, shown: int) -> UnknownsOut:
    images = show_images(service, found.collection, [one for group in found.groups for one in group.members[:shown]])
    return UnknownsOut(
        collection=found.collection,
        vector=found.vector,
        looked_at=found.looked_at,
        gate=found.gate,
        unknown=found.unknown,
        groups=[
            UnknownGroupOut(
                name=group.name,
                images=len(group.members),
                medoid=images[group.members[0]],
                shown=[images[one] for one in group.members[:shown] if one in images],
                nearest=group.nearest,
                distance=group.distance,
                members=list(group.members),
            )
            for group in found.groups
            if group.members[0] in images
        ],
        apart=list(found.apart),
        batch=batch,
        notes=list(found.notes),
    )
