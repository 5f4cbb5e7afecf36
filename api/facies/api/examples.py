"""Examples of a query (ids, uploads, crops of either) become vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facies.api.originals import decode_original
from facies.core.errors import ImageNotFoundError, QueryError
from facies.core.images import RgbImage, crop_image, decode_image
from facies.core.records import CollectionRecord, VectorRecord
from facies.core.wire import Crop, Example
from facies.core.workspace import Workspace

if TYPE_CHECKING:
    from facies.api.service import Service
    from facies.core.store import Vector
    from facies.models.embedder import Embedder

BATCH_IMAGES = 8
BATCH_PIXELS = 64_000_000
"""Decoded images wait for the network together up to this many pixels (about 200 MB), so large ones go one by one."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a query: its name, and how to read its bytes (one file in memory at a time)."""

    name: str
    read: Callable[[], bytes]


def named_vector(collection: CollectionRecord, name: str | None) -> VectorRecord:
    """The vector of a collection to search in: the one named, else the default.

    Raises:
        QueryError: the collection has no vector of this name.
    """
    if name is None:
        return collection.default_vector
    for vector in collection.vectors:
        if vector.name == name:
            return vector
    known = ", ".join(vector.name for vector in collection.vectors)
    raise QueryError(f"collection {collection.name!r} has no vector {name!r}. There are: {known}.")


def own_ids(examples: Iterable[Example]) -> frozenset[str]:
    """The ids that a query leaves out of its answer: images given whole, by id.

    An upload may be in the collection, and is then rightly first. A crop is an image of its own: that the picture it
    was cut from comes back is an answer too.
    """
    return frozenset(example.id for example in examples if example.id is not None and example.crop is None)


def find_vectors(
    service: Service,
    collection: CollectionRecord,
    vector: VectorRecord,
    examples: Sequence[Example],
    uploads: Sequence[Upload],
) -> list[Vector]:
    """The vector (d,) of each example, in their order.

    Whole images of the collection have theirs in the store; uploads and crops are decoded and embedded by the
    embedder that made the collection, and only then is it loaded.

    Raises:
        ImageNotFoundError: the collection holds no image of this id.
        OriginalMissingError: a crop wants an original that is gone.
        UnreadableImageError, ImageTooLargeError: an upload cannot be decoded.
        QueryError: an example names an upload that did not come, or a crop leaves its image.
        FingerprintMismatchError: see `Embedders.matching`.
    """
    stored = _stored_vectors(service.workspace, collection.name, vector.name, own_ids(examples))
    fresh = [example for example in examples if example.id is None or example.crop is not None]
    made: Iterator[Vector] = iter(())
    if fresh:
        for example in fresh:
            _check_upload(example, len(uploads))
        embedder = service.embedders.matching(collection.name, vector)
        made = embed_lazily(embedder, (_pixels(service, collection.name, e, uploads) for e in fresh))
    return [
        stored[example.id] if example.id is not None and example.crop is None else next(made) for example in examples
    ]


def embed_lazily(embedder: Embedder, images: Iterable[RgbImage]) -> Iterator[Vector]:
    """Embed images in batches that are bounded in number and in pixels; yields a unit vector (d,) each."""
    batch: list[RgbImage] = []
    pixels = 0
    for image in images:
        batch.append(image)
        pixels += image.shape[0] * image.shape[1]
        if len(batch) == BATCH_IMAGES or pixels >= BATCH_PIXELS:
            yield from embedder.embed(batch)
            batch, pixels = [], 0
    if batch:
        yield from embedder.embed(batch)


def _stored_vectors(workspace: Workspace, collection: str, vector: str, ids: frozenset[str]) -> dict[str, Vector]:
    if not ids:
        return {}
    known = workspace.catalog.images(collection, sorted(ids))  # the catalogue says what is there, not the store
    points = workspace.store.get(collection, sorted(known), vectors=True)
    for image_id in sorted(ids):
        if image_id not in points:
            raise ImageNotFoundError(collection, image_id)
    return {image_id: point.vectors[vector] for image_id, point in points.items()}


def _check_upload(example: Example, uploads: int) -> None:
    if example.upload is not None and example.upload >= uploads:
        raise QueryError(
            f"an example names upload {example.upload}, but {uploads} came with the query. Positions count from 0, and "
            "uploads go to the path that ends in /upload."
        )


def _pixels(service: Service, collection: str, example: Example, uploads: Sequence[Upload]) -> RgbImage:
    limits = service.limits
    if example.upload is not None:
        upload = uploads[example.upload]
        pixels = decode_image(upload.read(), upload.name, max_pixels=limits.max_pixels).pixels
    else:
        record = service.workspace.catalog.image(collection, str(example.id))
        pixels = decode_original(record, max_pixels=limits.max_pixels, max_bytes=limits.max_file_bytes).pixels
    return _cropped(pixels, example.crop) if example.crop else pixels


def _cropped(pixels: RgbImage, crop: Crop) -> RgbImage:
    return crop_image(pixels, x=crop.x, y=crop.y, width=crop.width, height=crop.height)
