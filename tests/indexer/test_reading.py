from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import tifffile

from facies.core.errors import CatalogError
from facies.core.records import ImageRecord
from facies.indexer.limits import Limits
from facies.indexer.reading import Finished, Known, Page, ReadAhead, Refused
from facies.indexer.sources import PassedOver, SourceItem, Unusable, open_source

from .conftest import Draw


def nothing(_: str) -> tuple[ImageRecord, ...]:
    return ()


def test_files_come_in_order_whatever_the_threads(draw: Draw, tmp_path: Path) -> None:
    for i in range(20):
        size = (400, 300) if i % 5 == 0 else (12, 10)
        draw(f"in/{i:02d}.png", i, size)
    reader = ReadAhead(Limits(decode_threads=4, memory_bytes=100_000), nothing)
    try:
        names = []
        for entry, events in reader.files(open_source(str(tmp_path / "in"))):
            assert isinstance(entry, SourceItem)
            page, end = list(events)
            assert isinstance(page, Page)
            assert isinstance(end, Finished)
            assert page.image.sha256 == end.sha256
            reader.budget.release(page.held)
            names.append(entry.name)
        assert names == [f"{i:02d}.png" for i in range(20)]
        assert reader.budget.used == 0
    finally:
        reader.close()


def test_memory_stays_within_the_budget_and_one_image(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (30, 100, 100, 3), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "stack.tif", pixels, photometric="rgb", metadata=None, compression="zlib")
    limit = 20_000_000
    reader = ReadAhead(Limits(memory_bytes=limit), nothing)
    try:
        ((_, events),) = reader.files(open_source(str(tmp_path / "stack.tif")))
        seen = 0
        for event in events:
            time.sleep(0.002)
            assert reader.budget.used <= limit + 40_000
            if isinstance(event, Page):
                reader.budget.release(event.held)
                seen += 1
        assert seen == 30
    finally:
        reader.close()


def test_known_content_is_not_decoded(draw: Draw, tmp_path: Path) -> None:
    draw("1.png", 1)
    record = ImageRecord("i", "s", None, "u", 1, 1, "PNG", "uint8")
    reader = ReadAhead(Limits(), lambda _: (record,))
    try:
        item = SourceItem(str(tmp_path / "1.png"), "1.png")
        (event,) = reader.read(item)
        assert isinstance(event, Known)
        assert event.records == (record,)
        assert [type(event) for event in reader.read(item, anew=True)] == [Page, Finished]
    finally:
        reader.close()


def test_reasons_do_not_repeat_the_name(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut")
    (tmp_path / "x.txt").write_text("text")
    reader = ReadAhead(Limits(max_file_bytes=100), nothing)

    def refusal(item: SourceItem | PassedOver | Unusable) -> Refused:
        (event,) = reader.read(item)
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


def test_errors_of_the_lookup_reach_the_consumer(draw: Draw, tmp_path: Path) -> None:
    def fails(_: str) -> tuple[ImageRecord, ...]:
        raise CatalogError("closed")

    reader = ReadAhead(Limits(), fails)
    try:
        with pytest.raises(CatalogError, match="closed"):
            list(reader.read(SourceItem(str(draw("1.png", 1)), "1.png")))
    finally:
        reader.close()


def test_closing_ends_waiting_threads(draw: Draw, tmp_path: Path) -> None:
    for i in range(10):
        draw(f"in/{i}.png", i)
    reader = ReadAhead(Limits(memory_bytes=1), nothing)
    files = reader.files(open_source(str(tmp_path / "in")))
    next(files)
    started = time.monotonic()
    reader.close()
    assert time.monotonic() - started < 5
