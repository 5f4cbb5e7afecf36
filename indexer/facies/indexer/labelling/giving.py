"""Labels given to images and taken back: in the catalogue first, then in the vector store's payload."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from facies.core.records import Label, LabelBatch, LabelBatchRecord
from facies.indexer.labelling.mirror import follow_labels

if TYPE_CHECKING:
    from facies.core.workspace import Workspace


def give_labels(
    workspace: Workspace,
    collection: str,
    labels: Mapping[str, Label],
    batch: LabelBatch,
    *,
    seen: Mapping[str, int | None] | None = None,
) -> LabelBatchRecord:
    """Say of images what they show, as one batch that can be undone; filters find it on return.

    Args:
        workspace: the open data.
        collection: its name.
        labels: by the id of the image, at least one.
        batch: who gives them, and by what.
        seen: see `facies.core.catalog.Catalog.label_images`.

    Raises:
        CollectionNotFoundError, ImageNotFoundError, StaleLabelError, QueryError: nothing was changed.
        StoreError: the vector store does not answer; the labels are given, and filters follow when it answers again.
    """
    made = workspace.catalog.label_images(collection, labels, batch, seen=seen)
    follow_labels(workspace, collection)
    return made


def undo_labels(workspace: Workspace, collection: str, number: int, by: LabelBatch) -> LabelBatchRecord:
    """Take a batch of labels back, whatever came later; or bring one back by undoing its undoing.

    Raises:
        CollectionNotFoundError, LabelBatchNotFoundError, LabelBatchUndoneError: nothing was changed.
        StoreError: the vector store does not answer; filters follow when it answers again.
    """
    made = workspace.catalog.undo_batch(collection, number, by)
    follow_labels(workspace, collection)
    return made
