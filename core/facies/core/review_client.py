"""The part of the HTTP client that reviews a collection and grows labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

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

if TYPE_CHECKING:
    from pydantic import BaseModel

    from facies.core.client import Client

_Out = TypeVar("_Out")


class ReviewClient:
    """Reviews of a service's collections."""

    def __init__(self, client: Client) -> None:
        """Take the client that sends."""
        self._client = client

    def queue(self, name: str, body: QueueBody) -> QueueOut:
        """Images that are worth a look."""
        return self._post(QueueOut, name, "queue", body)

    def plate(
        self, name: str, label: str, *, images: int = 6, vector: str | None = None, group: str | None = None
    ) -> PlateOut:
        """The reference plate of a class."""
        params: dict[str, Any] = {"label": label, "images": images, "vector": vector, "group": group}
        given = {key: value for key, value in params.items() if value is not None}
        return self._client.read(PlateOut, "GET", self._path(name, "plate"), params=given)

    def unknowns(self, name: str, body: UnknownsBody, *, give: bool = False) -> UnknownsOut:
        """Unknown images in groups; with ``give`` these get their provisional names."""
        return self._post(UnknownsOut, name, "unknowns/name" if give else "unknowns", body)

    def rename(self, name: str, body: RenameBody) -> LabelBatchOut:
        """Turn labels into another one: promotes or merges provisional taxa."""
        return self._post(LabelBatchOut, name, "rename", body)

    def grow(self, name: str, body: GrowBody) -> GrowOut:
        """Start to grow a label."""
        return self._post(GrowOut, name, "growth", body)

    def grow_page(self, name: str, body: GrowPageBody) -> GrowOut:
        """Judge a page, and see the next one."""
        return self._post(GrowOut, name, "growth/page", body)

    def grow_audit(self, name: str, body: GrowAuditBody) -> GrowOut:
        """See a sample of what would be accepted unseen."""
        return self._post(GrowOut, name, "growth/audit", body)

    def grow_audited(self, name: str, body: GrowAuditedBody) -> GrowOut:
        """Judge each image of a sample."""
        return self._post(GrowOut, name, "growth/audited", body)

    def grow_shorten(self, name: str, body: GrowStateBody) -> GrowOut:
        """Accept less, as the audit suggests."""
        return self._post(GrowOut, name, "growth/shorten", body)

    def grow_accept(self, name: str, body: GrowAcceptBody) -> GrownOut:
        """Give the label, as one batch."""
        return self._post(GrownOut, name, "growth/accept", body)

    def _post(self, kind: type[_Out], name: str, path: str, body: BaseModel) -> _Out:
        json = body.model_dump(mode="json", exclude_defaults=True)
        return self._client.read(kind, "POST", self._path(name, path), json=json)

    def _path(self, name: str, path: str) -> str:
        return f"{self._client.collection_path(name)}/review/{path}"
