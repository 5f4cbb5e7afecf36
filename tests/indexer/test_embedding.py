from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facies.core.errors import ModelError, StoreError, UnreadableImageError
from facies.core.images import decode_pages
from facies.core.metrics import Embeddings
from facies.indexer.embedding import Embedded, EmbeddingStage, embed_apart, embed_files
from facies.indexer.limits import Limits
from facies.indexer.sources import ListSource, SourceItem, open_source
from facies.models.embedder import Prepared

from .conftest import Draw, PixelEmbedder, write_tiff


def prepared(value: int) -> Prepared:
    return np.full((8, 8, 3), value, np.uint8)


class Picky(PixelEmbedder):
    """Can make nothing of black."""

    def embed_prepared(self, prepared: Sequence[Prepared]) -> Embeddings:
        if any(not image.any() for image in prepared):
            raise ModelError("a vector without direction")
        return super().embed_prepared(prepared)


@settings(max_examples=30, deadline=None)
@given(
    values=st.lists(st.integers(0, 255), max_size=40),
    batch_size=st.integers(1, 7),
    ahead=st.integers(1, 20),
    turns=st.integers(1, 5),
)
def test_tags_come_back_in_order_with_their_own_vectors(
    values: list[int], batch_size: int, ahead: int, turns: int
) -> None:
    embedder = Picky()
    embedder.batch_size = batch_size
    stage: EmbeddingStage[int] = EmbeddingStage(embedder, ahead)
    back: list[tuple[int, Embedded]] = []
    try:
        for position, value in enumerate(values):
            stage.add(position, prepared(value))
            if position % turns == 0:
                back += stage.collect()
        back += stage.collect(everything=True)
    finally:
        stage.close()
    assert [tag for tag, _ in back] == list(range(len(values)))
    assert max(embedder.sizes, default=0) <= batch_size
    for value, (_, outcome) in zip(values, back, strict=True):
        if value == 0:
            assert isinstance(outcome, ModelError)
        else:
            assert isinstance(outcome, np.ndarray)
            np.testing.assert_allclose(outcome, embedder.embed_prepared([prepared(value)])[0], atol=1e-6)


def test_what_is_under_way_is_bounded() -> None:
    go = threading.Event()

    class Slow(PixelEmbedder):
        def embed_prepared(self, prepared: Sequence[Prepared]) -> Embeddings:
            assert go.wait(10)
            return super().embed_prepared(prepared)

    stage: EmbeddingStage[int] = EmbeddingStage(Slow(), 9)
    try:
        for i in range(9):
            stage.add(i, prepared(1))
            assert list(stage.collect()) == []
        threading.Timer(0.1, go.set).start()
        started = time.monotonic()
        for i in range(9, 12):
            stage.add(i, prepared(1))
        assert [tag for tag, _ in stage.collect()][:3] == [0, 1, 2]
        assert time.monotonic() - started > 0.05, "the caller waits for the embedder"
    finally:
        go.set()
        stage.close()


def test_no_batch_is_begun_after_a_stop() -> None:
    stop = threading.Event()

    class Stopping(PixelEmbedder):
        def embed_prepared(self, prepared: Sequence[Prepared]) -> Embeddings:
            stop.set()
            time.sleep(0.05)
            return super().embed_prepared(prepared)

    stage: EmbeddingStage[int] = EmbeddingStage(Stopping(), 100, stop)
    try:
        for i in range(20):
            stage.add(i, prepared(1))
        assert stop.wait(5)
        back = list(stage.collect(everything=True))
    finally:
        stage.close()
    assert [tag for tag, _ in back] == list(range(20))
    assert [outcome is None for _, outcome in back] == [False] * 3 + [True] * 17


def test_other_errors_than_of_one_picture_come_through() -> None:
    class Broken(PixelEmbedder):
        def embed_prepared(self, prepared: Sequence[Prepared]) -> Embeddings:
            raise StoreError("out of order")

    stage: EmbeddingStage[int] = EmbeddingStage(Broken(), 1)
    try:
        stage.add(0, prepared(1))
        with pytest.raises(StoreError, match="out of order"):
            list(stage.collect(everything=True))
    finally:
        stage.close()


def test_one_bad_picture_costs_its_neighbours_nothing() -> None:
    outcomes = embed_apart(Picky(), [prepared(1), prepared(0), prepared(2)])
    assert [isinstance(outcome, ModelError) for outcome in outcomes] == [False, True, False]


def test_files_become_vectors_in_order(draw: Draw, tmp_path: Path) -> None:
    for i in range(9):
        draw(f"in/{i}.png", i)
    write_tiff(tmp_path / "in/stack.tif", 40)
    embedder = PixelEmbedder()
    with_uris = list(embed_files(embedder, open_source(str(tmp_path / "in")), Limits(upsert_size=4)))
    files = [tmp_path / f"in/{i}.png" for i in range(9)] + [tmp_path / "in/stack.tif"] * 40
    assert [uri for uri, _ in with_uris] == [str(path) for path in files]
    images = [
        page.pixels
        for path in dict.fromkeys(files)
        for page in decode_pages(path.read_bytes(), path.name, max_pixels=10**6)
    ]
    np.testing.assert_allclose(np.stack([vector for _, vector in with_uris]), embedder.embed(images), atol=1e-6)


def test_files_that_cannot_be_used_are_told_or_raised(draw: Draw, tmp_path: Path) -> None:
    good = draw("1.png", 1)
    black = tmp_path / "black.bmp"
    black.write_bytes(b"BM" + (58).to_bytes(4, "little") + bytes(4) + (54).to_bytes(4, "little")
                      + b"".join(n.to_bytes(4, "little") for n in (40, 1, 1, 1 | 24 << 16, 0, 4, 0, 0, 0, 0))
                      + bytes(4))  # fmt: skip
    (tmp_path / "x.jpg").write_bytes(b"no image")
    (tmp_path / "x.txt").write_bytes(b"text")
    items = [SourceItem(str(path), path.name) for path in (tmp_path / "x.txt", good, tmp_path / "x.jpg", black)]
    told: dict[str, str] = {}
    source = ListSource("list", tuple(items))
    vectors = list(embed_files(Picky(), source, on_refused=told.__setitem__))
    assert [uri for uri, _ in vectors] == [str(good)]
    assert {Path(uri).name for uri in told} == {"x.txt", "x.jpg", "black.bmp"}
    assert told[str(black)] == "a vector without direction"
    assert len(list(embed_files(PixelEmbedder(), items[:2]))) == 1, "nobody expects an image of x.txt"
    with pytest.raises(UnreadableImageError, match=r"x\.jpg"):
        list(embed_files(PixelEmbedder(), items[:3]))
    with pytest.raises(ModelError, match="without direction"):
        list(embed_files(Picky(), items[3:]))


def test_no_thread_outlives_a_generator_that_is_dropped(draw: Draw, tmp_path: Path) -> None:
    for i in range(30):
        draw(f"in/{i:02d}.png", i)
    vectors = embed_files(PixelEmbedder(), open_source(str(tmp_path / "in")), Limits(upsert_size=1))
    next(vectors)
    vectors.close()  # type: ignore[attr-defined]  # it is a generator
    assert not [t for t in threading.enumerate() if t.name.startswith(("decode", "embed"))]
