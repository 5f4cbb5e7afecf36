from __future__ import annotations

import uuid
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facies.api.examples import Upload, embed_lazily, find_vectors, named_vector, own_ids
from facies.api.service import Service
from facies.core.errors import ImageNotFoundError, OriginalMissingError, QueryError, UnreadableImageError
from facies.core.images import RgbImage
from facies.core.wire_search import Crop, Example

from .conftest import ColourEmbedder

UNKNOWN = "00000000-0000-5000-8000-000000000000"


class Pixels(np.ndarray[Any, np.dtype[np.uint8]]):
    """An array that a weak reference may watch."""

    __hash__ = object.__hash__  # type: ignore[assignment]  # arrays have none; this one is told apart by identity


def ask(service: Service, examples: list[Example], uploads: list[Upload] | None = None) -> list[np.ndarray]:
    collection = service.workspace.catalog.collection("g")
    return find_vectors(service, collection, collection.default_vector, examples, uploads or [])


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), max_size=40))
def test_embedding_lazily_changes_nothing_but_the_batches(sizes: list[tuple[int, int]]) -> None:
    rng = np.random.default_rng(len(sizes))
    images = [rng.integers(0, 256, (*size, 3), dtype=np.uint8) for size in sizes]
    embedder = ColourEmbedder("a")
    found = list(embed_lazily(embedder, iter(images)))
    assert len(found) == len(images)
    assert max(embedder.calls, default=0) <= embedder.batch_size
    for vector, image in zip(found, images, strict=True):
        np.testing.assert_allclose(vector, ColourEmbedder("a").embed([image])[0], atol=1e-6)


def test_the_pixels_of_an_image_are_let_go_before_the_next_is_decoded() -> None:
    alive: weakref.WeakSet[Pixels] = weakref.WeakSet()

    def images() -> Iterator[RgbImage]:
        for _ in range(9):
            assert len(alive) == 0
            image = np.full((30, 20, 3), 200, np.uint8).view(Pixels)
            alive.add(image)
            yield image
            del image

    assert len(list(embed_lazily(ColourEmbedder("a"), images()))) == 9


def test_whole_images_by_id_are_left_out_and_crops_and_uploads_are_not() -> None:
    box = Crop(x=0, y=0, width=1, height=1)
    a, b, c = (str(uuid.UUID(int=n)) for n in (1, 2, 3))
    examples = [Example(id=a), Example(id=b, crop=box), Example(upload=0), Example(id=c)]
    assert own_ids(examples) == {a, c}


def test_an_upload_a_stored_vector_and_a_full_crop_of_one_image_are_the_same_vector(shared: Service) -> None:
    image = shared.workspace.catalog.list_images("g", limit=1)[0]
    data = Path(image.uri).read_bytes()
    whole = Crop(x=0, y=0, width=image.width, height=image.height)
    stored, uploaded, cropped = ask(
        shared,
        [Example(id=image.id), Example(upload=0), Example(id=image.id, crop=whole)],
        [Upload("a.png", lambda: data)],
    )
    np.testing.assert_allclose(stored, uploaded, atol=1e-6)
    np.testing.assert_allclose(stored, cropped, atol=1e-6)


def test_mistakes_have_their_own_errors(shared: Service) -> None:
    image = shared.workspace.catalog.list_images("g", limit=1)[0]
    with pytest.raises(ImageNotFoundError):
        ask(shared, [Example(id=UNKNOWN)])
    with pytest.raises(QueryError, match="names upload 1, but 1 came"):
        ask(shared, [Example(upload=1)], [Upload("a", lambda: b"")])
    with pytest.raises(QueryError, match="96"):
        ask(shared, [Example(id=image.id, crop=Crop(x=90, y=0, width=10, height=10))])
    with pytest.raises(UnreadableImageError, match=r"a\.txt"):
        ask(shared, [Example(upload=0)], [Upload("a.txt", lambda: b"no image, only words in a file")])


def test_a_crop_needs_the_original_and_the_whole_image_does_not(filled: Service, gallery: object) -> None:
    image = filled.workspace.catalog.list_images("g", limit=1)[0]
    filled.workspace.catalog.set_uri("g", image.sha256, "/nowhere/a.png")
    assert len(ask(filled, [Example(id=image.id)])) == 1
    with pytest.raises(OriginalMissingError, match=r"/nowhere/a\.png"):
        ask(filled, [Example(id=image.id, crop=Crop(x=0, y=0, width=2, height=2))])


def test_a_vector_is_chosen_by_name(shared: Service) -> None:
    collection = shared.workspace.catalog.collection("g")
    assert named_vector(collection, None) == named_vector(collection, "efficientnet-lite0")
    with pytest.raises(QueryError, match=r"no vector 'x'\. There are: efficientnet-lite0"):
        named_vector(collection, "x")
