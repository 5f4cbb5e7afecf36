"""The methods of `facies.core.labels_client.LabelsClient`, on data that this process has open."""

from __future__ import annotations

from typing import Protocol

from facies.api.autolabel import label_by_itself
from facies.api.labelling import (
    check_collection_labels,
    label_images,
    list_batches,
    show_batch,
    show_history,
    undo_batch,
)
from facies.api.service import Service
from facies.core.actors import local_actor
from facies.core.wire_labels import (
    AutoLabelBody,
    AutoLabelOut,
    LabelBatchOut,
    LabelBatchPage,
    LabelBody,
    LabelCheckOut,
    LabelHistoryOut,
)


class Labels(Protocol):
    """Labels given, taken back, and their history."""

    def give(self, name: str, body: LabelBody) -> LabelBatchOut:
        """Say of images what they show, as one batch."""

    def batches(self, name: str, *, before: int | None = None, limit: int = 100) -> LabelBatchPage:
        """Batches of labels, the newest first."""

    def batch(self, name: str, number: int) -> LabelBatchOut:
        """One batch, with all that is known of where it comes from."""

    def undo(self, name: str, number: int) -> LabelBatchOut:
        """Take a batch back, or bring it back by undoing its undoing."""

    def history(self, name: str, image_id: str) -> LabelHistoryOut:
        """All that was ever said of an image."""

    def check(self, name: str, *, mend: bool = True) -> LabelCheckOut:
        """Compare the catalogue's labels with the vector store's, and mend what differs."""

    def auto(self, name: str, body: AutoLabelBody) -> AutoLabelOut:
        """Say what labelling by itself would come to, or do it."""


class LocalLabels:
    """`Labels` without HTTP."""

    def __init__(self, service: Service) -> None:
        """Take the open parts."""
        self._service = service

    def give(self, name: str, body: LabelBody) -> LabelBatchOut:
        """Say of images what they show, as one batch."""
        return label_images(self._service, name, body, local_actor(self._service.settings.user))

    def batches(self, name: str, *, before: int | None = None, limit: int = 100) -> LabelBatchPage:
        """Batches of labels, the newest first."""
        return list_batches(self._service, name, before=before, limit=limit)

    def batch(self, name: str, number: int) -> LabelBatchOut:
        """One batch, with all that is known of where it comes from."""
        return show_batch(self._service, name, number)

    def undo(self, name: str, number: int) -> LabelBatchOut:
        """Take a batch back, or bring it back by undoing its undoing."""
        return undo_batch(self._service, name, number, local_actor(self._service.settings.user))

    def history(self, name: str, image_id: str) -> LabelHistoryOut:
        """All that was ever said of an image."""
        return show_history(self._service, name, image_id)

    def check(self, name: str, *, mend: bool = True) -> LabelCheckOut:
        """Compare the catalogue's labels with the vector store's, and mend what differs."""
        return check_collection_labels(self._service, name, mend=mend)

    def auto(self, name: str, body: AutoLabelBody) -> AutoLabelOut:
        """Say what labelling by itself would come to, or do it."""
        return label_by_itself(self._service, name, body, local_actor(self._service.settings.user))
