from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from facies.core.errors import CatalogError
from facies.core.images import RgbImage
from facies.core.records import ImageRecord
from facies.indexer.limits import Limits
from facies.indexer.reading import Event, Finished, Known, Page, ReadAhead, Refused
from facies.indexer.sources import ListSource, PassedOver, SourceEntry, SourceItem, Unusable, open_source
from facies.models.embedder import Prepared

from .conftest import Draw, PixelEmbedder, write_tiff


@pytest.fixture
def embedder() -> PixelEmbedder:
    return PixelEmbedder()


def read(reader: ReadAhead, *entries: SourceEntry) -> list[list[Event]]:
    return [list(events) for _, events in reader.files(ListSource("list", entries))]


def item(path: Path, size: int | None = None) -> SourceItem:
    return SourceItem(str(path), path.name, size=size)


@pytest.mark.parametrize("memory_bytes", [1, 100_000, 2**30])
@pytest.mark.parametrize("threads", [1, 4])
def test_files_come_in_order_whatever_the_bounds(
    draw: Draw, tmp_path: Path, embedder: PixelEmbedder, memory_bytes: int, threads: int
) -> None:
    for i in range(20):
        draw(f"in/{i:02d}.png", i, (400, 300) if i % 5 == 0 else (12, 10))
    reader = ReadAhead(Limits(decode_threads=threads, memory_bytes=memory_bytes), embedder=embedder)
    try:
        names = []
        for entry, events in reader.files(open_source(str(tmp_path / "in"))):
            assert isinstance(entry, SourceItem)
            page, end = list(events)
            assert isinstance(page, Page)
            assert isinstance(end, Finished)
            assert page.sha256 == end.sha256
            assert page.prepared is not None
            assert page.thumbnail == b""
            names.append(entry.name)
        assert names == [f"{i:02d}.png" for i in range(20)]
    finally:
        reader.close()


def test_a_page_is_prepared_and_has_a_thumbnail(draw: Draw, embedder: PixelEmbedder) -> None:
    reader = ReadAhead(Limits(), embedder=embedder, thumbnail_px=12)
    try:
        path = draw("1.png", 1)
        ((page, _),) = read(reader, item(path))
        assert isinstance(page, Page)
        with Image.open(path) as opened, Image.open(io.BytesIO(page.thumbnail)) as thumbnail:
            np.testing.assert_array_equal(page.prepared, embedder.prepare(np.asarray(opened)))
            assert (page.width, page.height, page.format) == (24, 20, "PNG")
            assert thumbnail.size == (12, 10)
    finally:
        reader.close()


def test_a_large_photograph_is_decoded_at_a_fraction_of_its_size(tmp_path: Path, embedder: PixelEmbedder) -> None:
    seen: list[tuple[int, ...]] = []
    prepare = embedder.prepare

    def watching(image: RgbImage) -> Prepared:
        seen.append(image.shape)
        return prepare(image)

    embedder.prepare = watching  # type: ignore[method-assign]  # the real method runs inside
    embedder.draft_px = 50
    Image.fromarray(np.full((200, 330, 3), 90, np.uint8)).save(tmp_path / "a.jpg")
    reader = ReadAhead(Limits(), embedder=embedder, thumbnail_px=160)
    try:
        ((page, _),) = read(reader, item(tmp_path / "a.jpg"))
        assert isinstance(page, Page)
        assert seen == [(50, 83, 3)]
        assert (page.width, page.height) == (330, 200)
        with Image.open(io.BytesIO(page.thumbnail)) as thumbnail:
            assert thumbnail.size == (160, 97), "larger than the draft, so made from a copy of its own"
    finally:
        reader.close()


def test_pages_that_nobody_takes_stop_their_thread_and_no_other(tmp_path: Path) -> None:
    stack = write_tiff(tmp_path / "in/a.tif", 60)
    write_tiff(tmp_path / "in/b.tif", 60, seed=1)
    prepared = 0

    class Counting(PixelEmbedder):
        def prepare(self, image: RgbImage) -> Prepared:
            nonlocal prepared
            prepared += 1
            return super().prepare(image)

    reader = ReadAhead(Limits(decode_threads=2), embedder=Counting())
    try:
        files = reader.files(open_source(str(tmp_path / "in")))
        entry, events = next(files)
        assert entry.uri == str(stack)
        time.sleep(0.3)
        assert prepared <= 2 * 17, "sixteen of each file wait, and one of each is in its thread's hands"
        assert [type(event) for event in events] == [Page] * 60 + [Finished]
        ((_, rest),) = files
        assert len(list(rest)) == 61
    finally:
        reader.close()


def test_one_large_image_is_decoded_at_a_time(tmp_path: Path) -> None:
    for i in range(6):
        pixels = np.full((300, 300, 3), i, np.uint8)
        tifffile.imwrite(tmp_path / f"{i}.tif", pixels, photometric="rgb", metadata=None)
    together, most, guard = 0, 0, threading.Lock()

    class Watching(PixelEmbedder):
        def prepare(self, image: RgbImage) -> Prepared:
            nonlocal together, most
            with guard:
                together += 1
                most = max(most, together)
            time.sleep(0.01)
            with guard:
                together -= 1
            return super().prepare(image)

    reader = ReadAhead(Limits(decode_threads=4, memory_bytes=1_000_000), embedder=Watching())
    try:
        assert len(read(reader, *open_source(str(tmp_path)))) == 6
        assert most == 1
    finally:
        reader.close()


def test_files_wait_for_room_before_they_are_read(tmp_path: Path) -> None:
    """No more bytes of files are in memory than the bound, unless one file alone has more."""
    loaded: list[int] = []
    go = threading.Event()

    def load(i: int, size: int) -> bytes:
        if size > 64:
            loaded.append(i)
            go.wait(5)
        return b"\x89PNG\r\n\x1a\n" + bytes(100)

    items = [SourceItem(f"memory:{i}", f"{i}.png", size=400, load=lambda n, i=i: load(i, n)) for i in range(6)]  # type: ignore[misc]  # mypy cannot infer a lambda with a default
    reader = ReadAhead(Limits(decode_threads=4, memory_bytes=1000))
    try:
        files = reader.files(ListSource("list", tuple(items)))
        first = next(files)
        time.sleep(0.1)
        assert sorted(loaded) == [0, 1]
        go.set()
        assert len(list(first[1])) == 1
        assert [len(list(events)) for _, events in files] == [1] * 5
    finally:
        reader.close()


def test_known_content_is_not_decoded(draw: Draw) -> None:
    record = ImageRecord("i", "s", None, "u", 1, 1, "PNG", "uint8")
    reader = ReadAhead(Limits(), lookup=lambda _: (record,))
    try:
        one = item(draw("1.png", 1))
        ((event,),) = read(reader, one)
        assert isinstance(event, Known)
        assert event.records == (record,)
        assert [type(event) for event in reader.read(one)] == [Page, Finished]
    finally:
        reader.close()


def test_reasons_do_not_repeat_the_name(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut")
    (tmp_path / "x.txt").write_text("text")
    reader = ReadAhead(Limits(max_file_bytes=100))

    def refusal(entry: SourceItem | PassedOver | Unusable) -> Refused:
        ((event,),) = read(reader, entry)
        assert isinstance(event, Refused)
        return event

    try:
        assert refusal(PassedOver("u", "hidden")) == Refused("hidden", expected=False)
        assert refusal(Unusable("u", "gone")) == Refused("gone", expected=True)
        assert "x.jpg" not in refusal(SourceItem(str(tmp_path / "x.jpg"), "x.jpg")).reason
        assert refusal(SourceItem(str(tmp_path / "x.txt"), "x.txt")).expected is False
        assert refusal(SourceItem(str(tmp_path / "x.txt"), "x.czi")).expected is True
        assert "No such file" in refusal(SourceItem(str(tmp_path / "y.jpg"), "y.jpg")).reason
        (tmp_path / "big.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
        for size in (None, 108):
            assert "MAX_FILE_BYTES" in refusal(SourceItem(str(tmp_path / "big.png"), "big.png", size=size)).reason
    finally:
        reader.close()


def test_errors_of_the_lookup_reach_the_consumer(draw: Draw) -> None:
    def fails(_: str) -> tuple[ImageRecord, ...]:
        raise CatalogError("closed")

    reader = ReadAhead(Limits(), lookup=fails)
    try:
        with pytest.raises(CatalogError, match="closed"):
            read(reader, item(draw("1.png", 1)))
    finally:
        reader.close()


@pytest.mark.parametrize("taken", [0, 1])
def test_closing_ends_waiting_threads(draw: Draw, tmp_path: Path, taken: int) -> None:
    for i in range(10):
        draw(f"in/{i}.png", i)
    write_tiff(tmp_path / "in/a.tif", 100)
    reader = ReadAhead(Limits(memory_bytes=1))
    files: Iterator[tuple[SourceEntry, Iterator[Event]]] = reader.files(open_source(str(tmp_path / "in")))
    for _ in range(taken):
        next(files)
    started = time.monotonic()
    reader.close()
    assert time.monotonic() - started < 5
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("decode")]
