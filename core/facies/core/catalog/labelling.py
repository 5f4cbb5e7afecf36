"""The catalogue's face of labels: batches of events, their undoing, the history of an image."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from facies.core.catalog import collections, images, label_batches, labels
from facies.core.catalog.transactions import Transactions
from facies.core.errors import QueryError
from facies.core.label_text import find_label_fault
from facies.core.records import ImageRecord, Label, LabelBatch, LabelBatchRecord, LabelEventRecord, LabelSource

LONGEST_NOTE: Final = 10_000
_SHOWN: Final = 40
"""Characters of a label in a message."""


class Labelling(Transactions):
    """What can be said and asked of labels. One transaction a call."""

    def label_images(
        self,
        collection: str,
        given: Mapping[str, Label],
        batch: LabelBatch,
        *,
        seen: Mapping[str, int | None] | None = None,
    ) -> LabelBatchRecord:
        """Say of images what they show, as one batch: all of it is there afterwards, or nothing.

        Whether that becomes an image's current label follows from all its events, see `facies.core.catalog.labels`; a
        prediction never takes the place of what a person validated.

        Args:
            collection: name of the collection.
            given: labels by the id of the image, at least one.
            batch: who gives them, and by what.
            seen: by image, the event that its label came from when the writer looked (`ImageRecord.event`).

        Raises:
            CollectionNotFoundError, ImageNotFoundError: there is none of this name, or id.
            StaleLabelError: the label of an image has changed since the writer looked.
            QueryError: no label is given, or one is none (see `facies.core.label_text`).
        """
        check_labels(given)
        with self._writing() as connection:
            collections.lock(connection, collection)
            labels.check_there(connection, collection, list(given))
            labels.check_seen(connection, collection, seen or {})
            number = label_batches.open_batch(connection, collection, batch)
            labels.append(connection, collection, number, given)
            labels.follow(connection, collection, number)
            collections.note_change(connection, collection, of_labels=True)
            return label_batches.fetch(connection, collection, number)

    def undo_batch(self, collection: str, number: int, by: LabelBatch) -> LabelBatchRecord:
        """Take a batch of labels back, whatever came later; or bring one back by undoing its undoing.

        Returns:
            the batch that says so, which may be undone itself.

        Raises:
            CollectionNotFoundError, LabelBatchNotFoundError: there is none of this name, or number.
            LabelBatchUndoneError: it is out of effect already.
        """
        with self._writing() as connection:
            collections.lock(connection, collection)
            made = label_batches.undo(connection, collection, number, by)
            collections.note_change(connection, collection, of_labels=True)
            return label_batches.fetch(connection, collection, made)

    def label_batch(self, collection: str, number: int) -> LabelBatchRecord:
        """Read one batch of labels.

        Raises:
            CollectionNotFoundError, LabelBatchNotFoundError: there is none of this name, or number.
        """
        with self._reading(collection) as connection:
            return label_batches.fetch(connection, collection, number)

    def label_batches(self, collection: str, *, before: int | None = None, limit: int = 100) -> list[LabelBatchRecord]:
        """Read batches of labels, the newest first; with ``before`` those older than the one of this number."""
        with self._reading(collection) as connection:
            return label_batches.fetch_page(connection, collection, before=before, limit=limit)

    def label_history(self, collection: str, image_id: str) -> list[LabelEventRecord]:
        """Read all that was ever said of an image, the oldest first; also of one that was deleted.

        Raises:
            CollectionNotFoundError, ImageNotFoundError: there is none of this name, or id, nor ever was.
        """
        with self._reading(collection) as connection:
            events = label_batches.history(connection, collection, image_id)
            if not events:
                labels.check_there(connection, collection, [image_id])
            return events

    def label_events(self, collection: str, numbers: Sequence[int]) -> dict[int, LabelEventRecord]:
        """Read label events by number (`ImageRecord.event`) with their batches; unknown numbers are absent."""
        with self._reading(collection) as connection:
            return label_batches.fetch_events(connection, collection, numbers)

    def label_counts(self, collection: str) -> dict[str, int]:
        """Count images per current label, the most frequent first, equal counts in order of name."""
        with self._reading(collection) as connection:
            return labels.count(connection, collection)

    def state_counts(self, collection: str) -> dict[tuple[str, str], int]:
        """Count images per current label and state, in order of both."""
        with self._reading(collection) as connection:
            return labels.count_states(connection, collection)

    def labels_from(self, collection: str, source: LabelSource) -> set[str]:
        """Tell which labels a source has ever given in a collection, in effect or not."""
        with self._reading(collection) as connection:
            return labels.ever_from(connection, collection, source)

    def validated_ids(self, collection: str, label: str, limit: int) -> list[str]:
        """Read ids of images with this label, validated: the first in order of id, which has to do with no class."""
        with self._reading(collection) as connection:
            return labels.validated(connection, collection, label, limit)

    def newest_labels(self, collection: str, after: tuple[int, int] = (0, 0)) -> tuple[tuple[int, int], bool]:
        """Tell whether labels changed: the newest event and batch of all, and whether any is of this collection.

        Args:
            collection: whose labels count; no collection of this name has none.
            after: the numbers when this was last asked.
        """
        with self._reading() as connection:
            newest = labels.newest(connection)
            # What belonged to a deleted collection is gone, and with it the numbers: what is older may then be new.
            again = any(now < before for now, before in zip(newest, after, strict=True))
            return newest, again or (newest != after and labels.changed(connection, collection, after))

    def label_changes(self, collection: str) -> int:
        """Count the changes that concern labels: of labels themselves, and of images with labels that came or went.

        Raises:
            CollectionNotFoundError: there is none of this name.
        """
        with self._reading() as connection:
            return int(collections.require(connection, collection).label_changes)

    def unfollowed(self, collection: str) -> tuple[int, int]:
        """Up to which batch of labels the vector store has followed, and the newest batch."""
        with self._reading(collection) as connection:
            return label_batches.followed(connection, collection), label_batches.newest(connection, collection)

    def touched_images(self, collection: str, after: int, batch: int = 1000) -> Iterator[list[ImageRecord]]:
        """Read the images whose label batches newer than ``after`` may have changed, in order of id, some at a time."""
        last = ""
        while True:
            with self._reading(collection) as connection:
                ids = label_batches.touched(connection, collection, after, last, batch)
                records = images.fetch(connection, collection, ids)
            yield list(records.values())
            if len(ids) < batch:
                return
            last = ids[-1]

    def set_followed(self, collection: str, number: int) -> None:
        """Note up to which batch of labels the vector store has followed, unless somebody is further already."""
        with self._writing() as connection:
            collections.lock(connection, collection)
            label_batches.set_followed(connection, collection, number)


def check_labels(given: Mapping[str, Label]) -> None:
    """Refuse labels that make no sense, before anything is written.

    Raises:
        QueryError: there are none; one is empty, too long, no line of text, or has a confidence that is no probability.
    """
    if not given:
        raise QueryError("no label is given; name at least one image and its label")
    for image_id, label in given.items():
        if not label.label.strip():
            raise QueryError(
                f"the label of image {image_id} is empty; to take a label back, reject it or undo its batch"
            )
        fault = find_label_fault(label.label)
        if fault is not None:
            raise QueryError(
                f"the label of image {image_id} {fault}, got {label.label[:_SHOWN]!r}; remarks go into its note"
            )
        if "\0" in (label.note or ""):
            raise QueryError(f"the note on image {image_id} has a NUL character; a note is text")
        if label.note is not None and len(label.note) > LONGEST_NOTE:
            raise QueryError(
                f"the note on image {image_id} has {len(label.note):,} characters, expected at most {LONGEST_NOTE:,}"
            )
        if label.confidence is not None and not 0 <= label.confidence <= 1:
            raise QueryError(f"the confidence of image {image_id} is {label.confidence}, expected 0 to 1")
        if label.novelty is not None and not math.isfinite(label.novelty):
            raise QueryError(f"the novelty of image {image_id} is {label.novelty}, expected a finite number")
