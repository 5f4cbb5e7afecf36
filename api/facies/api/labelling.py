"""The use cases of labels: given by a person, taken back, listed, compared with the vector store."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, replace
from typing import Final

from facies.api.service import Service
from facies.core.actors import Actor
from facies.core.errors import QueryError
from facies.core.records import Label, LabelBatch, LabelBatchRecord, LabelEventRecord
from facies.core.wire_labels import (
    LabelBatchOut,
    LabelBatchPage,
    LabelBody,
    LabelCheckOut,
    LabelCountsOut,
    LabelEventOut,
    LabelHistoryOut,
)
from facies.indexer.labelling.giving import give_labels, undo_labels
from facies.indexer.labelling.mirror import check_labels
from facies.indexer.labelling.taxa import resolve_labels

_AT_ONCE: Final = 10_000
"""Images that are looked at together: a lasso may enclose a million."""


def label_images(service: Service, name: str, body: LabelBody, actor: Actor) -> LabelBatchOut:
    """Say of images what they show, as one batch that can be undone.

    Where the collection uses a taxonomy, labels become accepted names of it. What is rejected is taken as it is: it
    may be a label that is no taxon.

    Raises:
        CollectionNotFoundError, ImageNotFoundError: there is none of this name, or id.
        StaleLabelError: an image's label has changed since the person looked.
        QueryError: a label is empty, an image comes twice, or all images are to be left alone.
        UnknownTaxonError: a label is no taxon of the collection's taxonomy.
    """
    written = {one.id: one.label.strip() for one in body.labels}
    said = {written[one.id] for one in body.labels if one.state != "rejected" and written[one.id]}
    names = resolve_labels(service.workspace, name, sorted(said))
    given = {
        one.id: Label(
            written[one.id] if one.state == "rejected" else names.get(written[one.id], ""), one.state, note=one.note
        )
        for one in body.labels
    }
    if len(given) < len(body.labels):
        raise QueryError("an image comes twice among the labels; give each once")
    seen = {one.id: one.seen for one in body.labels if "seen" in one.model_fields_set}
    leave_validated(service, name, [one.id for one in body.labels if one.keep_validated], given, seen)
    if not given:
        raise QueryError("each of these images has a validated label, and these were to be left alone")
    batch = LabelBatch("person", actor.name, actor.verified)
    return batch_out(give_labels(service.workspace, name, given, batch, seen=seen))


def leave_validated(
    service: Service, name: str, asked: list[str], given: dict[str, Label], seen: dict[str, int | None]
) -> None:
    """Drop those of the images asked for that are validated; a label that comes until the others are given is seen."""
    for start in range(0, len(asked), _AT_ONCE):
        found = service.workspace.catalog.images(name, asked[start : start + _AT_ONCE])
        for one, record in found.items():
            if record.state == "validated":
                del given[one]
            else:
                seen.setdefault(one, record.event)


def undo_batch(service: Service, name: str, number: int, actor: Actor) -> LabelBatchOut:
    """Take a batch of labels back, whatever came later.

    Raises:
        CollectionNotFoundError, LabelBatchNotFoundError, LabelBatchUndoneError: nothing was changed.
    """
    by = LabelBatch("undo", actor.name, actor.verified)
    return batch_out(undo_labels(service.workspace, name, number, by))


def show_batch(service: Service, name: str, number: int) -> LabelBatchOut:
    """One batch of labels, with all that is known of where it comes from.

    Raises:
        CollectionNotFoundError, LabelBatchNotFoundError: there is none of this name, or number.
    """
    return batch_out(service.workspace.catalog.label_batch(name, number))


def list_batches(service: Service, name: str, *, before: int | None, limit: int) -> LabelBatchPage:
    """Batches of labels, the newest first.

    Raises:
        CollectionNotFoundError: no collection of this name.
    """
    found = service.workspace.catalog.label_batches(name, before=before, limit=limit + 1)
    page = found[:limit]
    return LabelBatchPage(
        batches=[_in_short(one) for one in page], next_before=page[-1].number if len(found) > limit else None
    )


def count_states(service: Service, name: str) -> LabelCountsOut:
    """How far the labelling of a collection has come.

    Raises:
        CollectionNotFoundError: no collection of this name.
    """
    catalog = service.workspace.catalog
    version, _ = catalog.newest_labels(name)  # before the counts: a change between the two is then seen as one
    images = catalog.count(name)
    states: Counter[str] = Counter()
    classes: Counter[str] = Counter()
    for (label, state), count in catalog.state_counts(name).items():
        states[state] += count
        if state == "validated":
            classes[label] += count
    return LabelCountsOut(
        collection=name,
        images=images,
        validated=states["validated"],
        predicted=states["predicted"],
        dubious=states["dubious"],
        rejected=states["rejected"],
        unnamed=images - states.total(),
        classes=dict(classes.most_common()),
        version=version,
    )


def show_history(service: Service, name: str, image_id: str) -> LabelHistoryOut:
    """All that was ever said of an image; also of one that was deleted.

    Raises:
        CollectionNotFoundError, ImageNotFoundError: there is none of this name, or id, nor ever was.
    """
    catalog = service.workspace.catalog
    events = catalog.label_history(name, image_id)
    image = catalog.images(name, [image_id]).get(image_id)
    current = None if image is None else image.event
    return LabelHistoryOut(
        id=image_id,
        label=None if image is None else image.label,
        state=None if image is None else image.state,
        events=[_event_out(one, current=one.number == current) for one in events],
    )


def check_collection_labels(service: Service, name: str, *, mend: bool) -> LabelCheckOut:
    """Compare the labels that filters see with those of the catalogue, and mend what differs.

    Raises:
        CollectionNotFoundError: no collection of this name.
        JobConflictError: a job is writing to the collection, so what it is about to write would look like drift.
    """
    with service.kept_out(name):
        return LabelCheckOut(**asdict(check_labels(service.workspace, name, mend=mend)))


def batch_out(record: LabelBatchRecord) -> LabelBatchOut:
    """A batch as the API shows it."""
    return LabelBatchOut(**asdict(record))


def _event_out(record: LabelEventRecord, *, current: bool) -> LabelEventOut:
    said = {**asdict(record.label), "neighbours": list(record.label.neighbours)}
    return LabelEventOut(event=record.number, current=current, batch=_in_short(record.batch), **said)


def _in_short(record: LabelBatchRecord) -> LabelBatchOut:
    """A batch without the lists and tables of its provenance, which may tell of each image."""
    told = {name: value for name, value in record.provenance.items() if not isinstance(value, (list, dict))}
    return batch_out(replace(record, provenance=told))
