"""The part of the HTTP client that gives labels and takes them back."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from facies.core.client import Client


class LabelsClient:
    """Labels of a service's collections."""

    def __init__(self, client: Client) -> None:
        """Take the client that sends."""
        self._client = client

    def give(self, name: str, body: LabelBody) -> LabelBatchOut:
        """Say of images what they show, as one batch."""
        # Not without what was left out alone: `seen` of null says something.
        json = body.model_dump(mode="json", exclude_unset=True)
        return self._client.read(LabelBatchOut, "POST", f"{self._labels(name)}", json=json)

    def counts(self, name: str) -> LabelCountsOut:
        """How many images have a label of each state."""
        return self._client.read(LabelCountsOut, "GET", f"{self._labels(name)}/counts")

    def batches(self, name: str, *, before: int | None = None, limit: int = 100) -> LabelBatchPage:
        """Batches of labels, the newest first."""
        params = {"limit": limit} if before is None else {"limit": limit, "before": before}
        return self._client.read(LabelBatchPage, "GET", f"{self._labels(name)}/batches", params=params)

    def batch(self, name: str, number: int) -> LabelBatchOut:
        """One batch, with all that is known of where it comes from."""
        return self._client.read(LabelBatchOut, "GET", f"{self._labels(name)}/batches/{number}")

    def undo(self, name: str, number: int) -> LabelBatchOut:
        """Take a batch back, or bring it back by undoing its undoing."""
        return self._client.read(LabelBatchOut, "POST", f"{self._labels(name)}/batches/{number}/undo")

    def history(self, name: str, image_id: str) -> LabelHistoryOut:
        """All that was ever said of an image."""
        return self._client.read(LabelHistoryOut, "GET", f"{self._labels(name)}/history/{image_id}")

    def check(self, name: str, *, mend: bool = True) -> LabelCheckOut:
        """Compare the catalogue's labels with the vector store's, and mend what differs."""
        return self._client.read(LabelCheckOut, "POST", f"{self._labels(name)}/check", params={"mend": mend})

    def auto(self, name: str, body: AutoLabelBody) -> AutoLabelOut:
        """Say what labelling by itself would come to, or do it."""
        json = body.model_dump(mode="json", exclude_defaults=True)
        return self._client.read(AutoLabelOut, "POST", f"{self._labels(name)}/auto", json=json)

    def _labels(self, name: str) -> str:
        return f"{self._client.collection_path(name)}/labels"
