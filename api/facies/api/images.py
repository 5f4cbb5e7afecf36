"""Image records as the API shows them."""

from __future__ import annotations

from urllib.parse import quote

from facies.api.found import Found
from facies.core.records import ImageRecord
from facies.core.wire import ImageOut, ImagePage
from facies.core.wire_search import NeighbourOut
from facies.core.workspace import Workspace


def image_out(collection: str, record: ImageRecord) -> ImageOut:
    """One image, with the paths on the API where its original and its thumbnail are."""
    place = f"/v1/collections/{quote(collection, safe='')}/images/{quote(record.id, safe='')}"
    return ImageOut(
        id=record.id,
        label=record.label,
        state=record.state,
        event=record.event,
        path=record.uri,
        width=record.width,
        height=record.height,
        format=record.format,
        scaling=record.scaling,
        page=record.page,
        sha256=record.sha256,
        metadata=dict(record.metadata),
        original=f"{place}/original",
        thumbnail=f"{place}/thumbnail",
    )


def neighbour_out(collection: str, record: ImageRecord, found: Found, percentile: float | None = None) -> NeighbourOut:
    """One image found, with its cosine similarity in [-1, 1] and what decided on its place."""
    return NeighbourOut(
        **dict(image_out(collection, record)),
        similarity=found.similarity,
        percentile=percentile,
        similarities=dict(found.similarities),
        group=found.group,
        folded=found.folded,
        folded_ids=list(found.folded_ids),
    )


def list_images(workspace: Workspace, collection: str, *, offset: int, limit: int, label: str | None) -> ImagePage:
    """Some images of a collection, in order of id; ``total`` counts all of them, or all of the label.

    Raises:
        CollectionNotFoundError: no collection of this name.
    """
    catalog = workspace.catalog
    catalog.collection(collection)
    total = catalog.count(collection) if label is None else catalog.label_counts(collection).get(label, 0)
    records = catalog.list_images(collection, offset=offset, limit=limit, label=label) if offset < total else []
    return ImagePage(total=total, offset=offset, images=[image_out(collection, record) for record in records])
