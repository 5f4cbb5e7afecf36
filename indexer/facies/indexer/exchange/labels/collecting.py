"""Rows from the catalogue, a few thousand at a time, whatever the size of the collection."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Final

from facies.core.filters import Filter, matches
from facies.indexer.collections import payload_of
from facies.indexer.exchange.labels.label_row import LabelRow
from facies.indexer.exchange.labels.origins import origin_of

if TYPE_CHECKING:
    from facies.core.records import ImageRecord, LabelEventRecord
    from facies.core.workspace import Workspace

BATCH: Final = 2000


def collect_rows(
    workspace: Workspace, name: str, *, where: Filter | None = None, states: Collection[str] = ()
) -> Iterator[LabelRow]:
    """Read the images of a collection with their labels, in order of id.

    Args:
        workspace: the open data.
        name: of the collection.
        where: only images that match.
        states: only labels in one of these states; empty for all images, those without a label among them.

    Raises:
        CollectionNotFoundError: there is none of this name.
    """
    records = workspace.catalog.iter_images(name)
    while batch := list(islice(records, BATCH)):
        chosen = [record for record in batch if _is_wanted(record, where, states)]
        numbers = [record.event for record in chosen if record.event is not None]
        events = workspace.catalog.label_events(name, numbers)
        for record in chosen:
            yield row_of(record, None if record.event is None else events.get(record.event))


def row_of(record: ImageRecord, event: LabelEventRecord | None) -> LabelRow:
    """Put together what is known of an image and of its label."""
    row = LabelRow(
        image_id=record.id,
        sha256=record.sha256,
        page=record.page,
        uri=record.uri,
        width=record.width,
        height=record.height,
        metadata=record.metadata,
        label=record.label,
        state=record.state,
    )
    if event is None:
        return row
    said = event.label
    return replace(
        row,
        confidence=said.confidence,
        novelty=said.novelty,
        neighbours=said.neighbours,
        note=said.note,
        **origin_of(event.batch, record.id),
    )


def _is_wanted(record: ImageRecord, where: Filter | None, states: Collection[str]) -> bool:
    if states and record.state not in states:
        return False
    return where is None or matches(where, payload_of(record))
