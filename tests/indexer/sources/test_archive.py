"""Zip files as sources: read in place, and never trusted."""

from __future__ import annotations

import os
import threading
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facies.core.errors import SourceError
from facies.indexer.sources import (
    PassedOver,
    SourceItem,
    Unusable,
    open_source,
)

from .conftest import items, make_zip


def test_zip_members_are_read_in_place(tmp_path: Path) -> None:
    path = make_zip(
        tmp_path / "x.zip",
        {
            "b/2.png": b"two",
            "a/x/1.png": b"one",
            "__MACOSX/a/1.png": b"",
            "a/.h.png": b"",
            "../up.png": b"up",
            "d::e.png": b"",
        },
    )
    source = open_source(str(path), labels="folder")
    entries = list(source)
    assert [(i.name, i.label) for i in items(entries)] == [("../up.png", None), ("a/x/1.png", "a/x"), ("b/2.png", "b")]
    assert items(entries)[1].uri == f"zip://a/x/1.png::{path}"
    assert [item.read_up_to(9) for item in items(entries)] == [b"up", b"one", b"two"]
    assert items(entries)[2].read_up_to(2) == b"tw"
    assert sum(isinstance(entry, PassedOver) for entry in entries) == 2
    assert [e.reason for e in entries if isinstance(e, Unusable)] != []
    assert source.owns(f"zip://gone.png::{path}")
    assert not source.owns(f"zip://gone.png::{path}2")
    source.close()


def test_zip_bombs_cost_only_what_is_read(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("big.png", "w") as member:
        for _ in range(64):
            member.write(bytes(2**20))
    source = open_source(str(path))
    (item,) = items(iter(source))
    assert item.size == 64 * 2**20
    assert len(item.read_up_to(1000)) == 1000
    source.close()


def test_lying_and_damaged_members_raise_oserror_alone(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", {"1.png": os.urandom(5000)})
    data = bytearray(path.read_bytes())
    data[60:200] = bytes(140)
    path.write_bytes(data)
    source = open_source(str(path))
    (item,) = items(iter(source))
    with pytest.raises(OSError, match="cannot be unpacked"):
        item.read_up_to(10_000)
    source.close()


def test_encrypted_members_are_listed(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", {"1.png": b"one"})
    data = bytearray(path.read_bytes())
    data[6] |= 1
    central = data.index(b"PK\x01\x02")
    data[central + 8] |= 1
    path.write_bytes(data)
    source = open_source(str(path))
    (entry,) = source
    source.close()
    assert isinstance(entry, Unusable)
    assert "encrypted" in entry.reason


@given(content=st.binary(max_size=200))
def test_what_is_no_zip_is_refused(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "junk.zip"
    path.write_bytes(content)
    with pytest.raises(SourceError) as refused:
        open_source(str(path))
    assert refused.value.message == f"cannot read {path} as a zip file: its end is missing, or it is something else"


def test_threads_may_read_one_zip(tmp_path: Path) -> None:
    members = {f"{i}.png": os.urandom(20_000) for i in range(8)}
    source = open_source(str(make_zip(tmp_path / "x.zip", members)))
    found: dict[str, bytes] = {}
    entries = items(iter(source))

    def read(item: SourceItem) -> None:
        found[item.name] = item.read_up_to(10**6)

    threads = [threading.Thread(target=read, args=(item,)) for item in entries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == members
    source.close()
