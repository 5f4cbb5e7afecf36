"""A copy of the catalogue is whole, stands alone, and is taken while others write."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from facies.core.catalog import Catalog, open_catalog
from facies.core.errors import CatalogError, StorageError
from facies.core.images import content_hash, image_id
from facies.core.records import Fingerprint, ImageRecord, VectorRecord

VECTOR = VectorRecord("v", 4, Fingerprint("card", "0" * 64, "p", "r", "torch", "f32"))


def record(i: int) -> ImageRecord:
    sha256 = content_hash(str(i).encode())
    return ImageRecord(image_id(sha256), sha256, None, f"/in/{i}.png", 4, 3, "PNG", "uint8", {"n": i}, f"l{i % 3}")


@pytest.fixture
def opened(tmp_path: Path) -> Catalog:
    catalog = open_catalog(f"sqlite:///{tmp_path / 'catalog.sqlite'}")
    catalog.create_collection("c", "generic", [VECTOR])
    catalog.add_images("c", [record(i) for i in range(20)], actor="test")
    return catalog


def test_a_copy_holds_everything_in_one_file(opened: Catalog, tmp_path: Path) -> None:
    copy = tmp_path / "copy" / "c.sqlite"
    copy.parent.mkdir()
    opened.copy_to(copy)
    assert [p.name for p in copy.parent.iterdir()] == ["c.sqlite"]
    again = open_catalog(f"sqlite:///{copy}")
    assert list(again.iter_images("c")) == list(opened.iter_images("c"))
    assert again.collections() == opened.collections()
    again.delete_images("c", [record(0).id])
    assert opened.count("c") == 20
    opened.close()
    again.close()


def test_a_copy_is_taken_while_another_thread_writes(opened: Catalog, tmp_path: Path) -> None:
    ended = threading.Event()

    def write() -> None:
        i = 1000
        while not ended.is_set():
            opened.add_images("c", [record(i), record(i + 1)], actor="test")
            i += 2

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            opened.copy_to(tmp_path / f"{number}.sqlite")
    finally:
        ended.set()
        writer.join()
    for number in range(5):
        copy = open_catalog(f"sqlite:///{tmp_path / f'{number}.sqlite'}")
        assert copy.count("c") % 2 == 0, "a transaction is in it whole or not at all"
        copy.close()
    opened.close()


def test_a_copy_overwrites_nothing(opened: Catalog, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"mine")
    with pytest.raises(StorageError):
        opened.copy_to(tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == b"mine"
    with pytest.raises(StorageError):
        opened.copy_to(tmp_path / "no" / "folder")
    opened.close()
    with pytest.raises(CatalogError, match="closed"):
        opened.copy_to(tmp_path / "y")


def test_a_damaged_catalogue_is_not_copied_in_silence(opened: Catalog, tmp_path: Path) -> None:
    opened.close()
    path = tmp_path / "catalog.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'ix_images_sha256'").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096 + 100)
        file.write(b"\xff" * 3000)
    again = open_catalog(f"sqlite:///{path}")
    with pytest.raises(CatalogError, match="damaged"):
        again.copy_to(tmp_path / "copy")
    again.close()
