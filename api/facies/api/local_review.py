"""The methods of `facies.core.review_client.ReviewClient`, on data that this process has open."""

from __future__ import annotations

from typing import Protocol

from facies.api.growing import (
    accept_growth,
    draw_one_audit,
    judge_one_audit,
    judge_one_page,
    shorten_growth,
    start_to_grow,
)
from facies.api.review import list_queue, list_unknowns, rename, show_plate
from facies.api.service import Service
from facies.core.actors import local_actor
from facies.core.wire_growth import (
    GrowAcceptBody,
    GrowAuditBody,
    GrowAuditedBody,
    GrowBody,
    GrownOut,
    GrowOut,
    GrowPageBody,
    GrowStateBody,
)
from facies.core.wire_labels import LabelBatchOut
from facies.core.wire_review import PlateOut, QueueBody, QueueOut, RenameBody, UnknownsBody, UnknownsOut


class Review(Protocol):
    """Queues, plates, unknown images, and labels that are grown."""

    def queue(self, name: str, body: QueueBody) -> QueueOut:
        """Images that are worth a look."""

    def plate(
        self, name: str, label: str, *, images: int = 6, vector: str | None = None, group: str | None = None
    ) -> PlateOut:
        """The reference plate of a class."""

    def unknowns(self, name: str, body: UnknownsBody, *, give: bool = False) -> UnknownsOut:
        """Unknown images in groups; with ``give`` these get their provisional names."""

    def rename(self, name: str, body: RenameBody) -> LabelBatchOut:
        """Turn labels into another one."""

    def grow(self, name: str, body: GrowBody) -> GrowOut:
        """Start to grow a label."""

    def grow_page(self, name: str, body: GrowPageBody) -> GrowOut:
        """Judge a page, and see the next one."""

    def grow_audit(self, name: str, body: GrowAuditBody) -> GrowOut:
        """See a sample of what would be accepted unseen."""

    def grow_audited(self, name: str, body: GrowAuditedBody) -> GrowOut:
        """Judge each image of a sample."""

    def grow_shorten(self, name: str, body: GrowStateBody) -> GrowOut:
        """Accept less, as the audit suggests."""

    def grow_accept(self, name: str, body: GrowAcceptBody) -> GrownOut:
        """Give the label, as one batch."""


class LocalReview:
    """`Review` without HTTP."""

    def __init__(self, service: Service) -> None:
        """Take the open parts."""
        self._service = service

    def queue(self, name: str, body: QueueBody) -> QueueOut:
        """Images that are worth a look."""
        return list_queue(self._service, name, body)

    def plate(
        self, name: str, label: str, *, images: int = 6, vector: str | None = None, group: str | None = None
    ) -> PlateOut:
        """The reference plate of a class."""
        return show_plate(self._service, name, label, images=images, vector=vector, group=group)

    def unknowns(self, name: str, body: UnknownsBody, *, give: bool = False) -> UnknownsOut:
        """Unknown images in groups; with ``give`` these get their provisional names."""
        actor = local_actor(self._service.settings.user) if give else None
        return list_unknowns(self._service, name, body, actor)

    def rename(self, name: str, body: RenameBody) -> LabelBatchOut:
        """Turn labels into another one."""
        return rename(self._service, name, body, local_actor(self._service.settings.user))

    def grow(self, name: str, body: GrowBody) -> GrowOut:
        """Start to grow a label."""
        return start_to_grow(self._service, name, body)

    def grow_page(self, name: str, body: GrowPageBody) -> GrowOut:
        """Judge a page, and see the next one."""
        return judge_one_page(self._service, name, body)

    def grow_audit(self, name: str, body: GrowAuditBody) -> GrowOut:
        """See a sample of what would be accepted unseen."""
        return draw_one_audit(self._service, name, body)

    def grow_audited(self, name: str, body: GrowAuditedBody) -> GrowOut:
        """Judge each image of a sample."""
        return judge_one_audit(self._service, name, body)

    def grow_shorten(self, name: str, body: GrowStateBody) -> GrowOut:
        """Accept less, as the audit suggests."""
        return shorten_growth(self._service, name, body)

    def grow_accept(self, name: str, body: GrowAcceptBody) -> GrownOut:
        """Give the label, as one batch."""
        return accept_growth(self._service, name, body, local_actor(self._service.settings.user))
