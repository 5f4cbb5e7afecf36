"""Examples of a query (ids, uploads, crops of either) become vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from facies.api.originals import decode_original
from facies.core.errors import ImageError, ImageNotFoundError, QueryError
from facies.core.images import RgbImage, crop_image, decode_image
from facies.core.records import CollectionRecord, VectorRecord
from facies.core.wire_search import Crop, Example
from facies.core.workspace import Workspace
from facies.indexer.named_vectors import add_command

if TYPE_CHECKING:
    from facies.api.service import Service
    from facies.core.store import Vector
    from facies.models.embedder import Embedder, Prepared


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
    stored = _stored_vectors(service.workspace, collection, vector, own_ids(examples))
    fresh = [example for example in examples if example.id is None or example.crop is not None]
    made: Iterator[Vector] = iter(())
    if fresh:
        for example in fresh:
            _check_upload(example, len(uploads))
        embedder = service.embedders.matching(service.workspace.catalog, collection, vector)
        draft_px = embedder.draft_px
        made = embed_lazily(embedder, (_pixels(service, collection.name, e, uploads, draft_px) for e in fresh))
    return [
        stored[example.id] if example.id is not None and example.crop is None else next(made) for example in examples
    ]


def find_readable_vectors(
    service: Service,
    collection: CollectionRecord,
    vector: VectorRecord,
    examples: Sequence[Example],
    uploads: Sequence[Upload],
) -> tuple[dict[int, Vector], dict[int, ImageError]]:
    """The vectors of the examples that can be read, and why the others cannot; both by position, in order.

    Raises:
        ImageNotFoundError, QueryError, FingerprintMismatchError: see `find_vectors`.
    """
    faults: dict[int, ImageError] = {}
    stored = _stored_vectors(service.workspace, collection, vector, own_ids(examples))
    found = {
        place: stored[example.id]
        for place, example in enumerate(examples)
        if example.id is not None and example.crop is None
    }
    fresh = [place for place in range(len(examples)) if place not in found]
    for place in fresh:
        _check_upload(examples[place], len(uploads))
    if not fresh:
        return found, faults
    embedder = service.embedders.matching(service.workspace.catalog, collection, vector)

    def readable() -> Iterator[RgbImage]:
        for place in fresh:
            try:
                yield _pixels(service, collection.name, examples[place], uploads, embedder.draft_px)
            except ImageError as fault:
                faults[place] = fault

    made = list(embed_lazily(embedder, readable()))
    found |= dict(zip((place for place in fresh if place not in faults), made, strict=True))
    return dict(sorted(found.items())), faults


def embed_lazily(embedder: Embedder, images: Iterable[RgbImage]) -> Iterator[Vector]:
    """Embed images in batches; yields a unit vector (d,) each.

    The pixels of an image are let go before the next is asked for: what waits for the network is prepared and small.
    """
    for batch in _batches(map(embedder.prepare, images), embedder.batch_size):
        yield from embedder.embed_prepared(batch)


def _batches(prepared: Iterator[Prepared], size: int) -> Iterator[list[Prepared]]:
    while batch := list(islice(prepared, size)):
        yield batch


def _stored_vectors(
    workspace: Workspace, collection: CollectionRecord, vector: VectorRecord, ids: frozenset[str]
) -> dict[str, Vector]:
    if not ids:
        return {}
    known = workspace.catalog.images(collection.name, sorted(ids))  # the catalogue says what is there, not the store
    points = workspace.store.get(collection.name, sorted(known), vectors=[vector.name])
    for image_id in sorted(ids):
        if image_id not in points:
            raise ImageNotFoundError(collection.name, image_id)
    lacking = sorted(image_id for image_id, point in points.items() if vector.name not in point.vectors)
    if lacking:
        command = add_command(collection.name, collection.origin_of(vector))
        raise QueryError(
            f"image {lacking[0]} has no vector {vector.name!r} yet; `{command}` makes the vectors that are missing"
        )
    return {image_id: point.vectors[vector.name] for image_id, point in points.items()}


def _check_upload(example: Example, uploads: int) -> None:
    if example.upload is not None and example.upload >= uploads:
        raise QueryError(
            f"an example names upload {example.upload}, but {uploads} came with the query. Positions count from 0, and "
            "uploads go to the path that ends in /upload."
        )


def _pixels(
    service: Service, collection: str, example: Example, uploads: Sequence[Upload], draft_px: int | None
) -> RgbImage:
    """The pixels of an example; a crop is cut from the image at its full size, in whose pixels it is given."""
    limits, crop = service.limits, example.crop
    draft_px = None if crop else draft_px
    if example.upload is not None:
        upload = uploads[example.upload]
        pixels = decode_image(upload.read(), upload.name, max_pixels=limits.max_pixels, draft_px=draft_px).pixels
    else:
        record = service.workspace.catalog.image(collection, str(example.id))
        pixels = decode_original(
            record, max_pixels=limits.max_pixels, max_bytes=limits.max_file_bytes, draft_px=draft_px
        ).pixels
    return _cropped(pixels, crop) if crop else pixels


def _cropped(pixels: RgbImage, crop: Crop) -> RgbImage:
    return crop_image(pixels, x=crop.x, y=crop.y, width=crop.width, height=crop.height)
