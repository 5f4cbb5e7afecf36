from __future__ import annotations

import base64
import io
from pathlib import Path

from PIL import Image

from facies.core.blobs import BlobStore
from facies.core.images import image_id
from facies.indexer.evaluation.thumbnails import (
    THUMBNAIL_PX,
    original_thumbnails,
    stored_thumbnails,
    to_data_uri,
)
from facies.indexer.limits import Limits
from facies.indexer.sources import SourceItem
from tests.indexer.conftest import Draw, write_tiff


def size(picture: bytes | None) -> tuple[int, int]:
    assert picture is not None
    return Image.open(io.BytesIO(picture)).size


def test_originals_become_small(draw: Draw, tmp_path: Path) -> None:
    large = draw("large#1.png", 1, size=(600, 300))
    pages = write_tiff(tmp_path / "pages.tif", 3)
    items = {"a": SourceItem(str(large), "large"), "b": SourceItem(str(pages), "pages")}
    read = original_thumbnails(items, Limits())
    assert size(read("a")) == (THUMBNAIL_PX, THUMBNAIL_PX // 2)
    assert size(read("b")) == size(read("b#2")) == (18, 16)
    assert read("b#0") != read("b#2")
    assert read("b#7") is None


def test_what_is_gone_or_damaged_has_none(draw: Draw, tmp_path: Path) -> None:
    path = draw("x.png", 1)
    read = original_thumbnails({"a": SourceItem(str(path), "x"), "b": SourceItem(str(tmp_path / "no"), "no")}, Limits())
    path.write_bytes(path.read_bytes()[:40])
    assert read("a") is None
    assert read("b") is None


def test_stored_ones(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)
    there = image_id("0" * 64)
    blobs.put_thumbnail(there, b"picture")
    read = stored_thumbnails(blobs)
    assert read(there) == b"picture"
    assert read(image_id("1" * 64)) is None


def test_data_uris_say_what_they_hold(draw: Draw) -> None:
    data = draw("x.png", 1).read_bytes()
    kind, _, text = to_data_uri(data).partition(";base64,")
    assert kind == "data:image/png"
    assert base64.b64decode(text) == data
    assert to_data_uri(b"picture").startswith("data:image/jpeg;")
