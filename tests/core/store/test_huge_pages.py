"""Huge pages: which memory they are asked for, and that nothing in it changes."""

from __future__ import annotations

import platform
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from facies.core.store import huge_pages
from facies.core.store.build_child import Job, build
from facies.core.store.edge import EdgeStore
from facies.core.store.huge_pages import large_blocks, settle, use_huge_pages

from .builds import SCHEMA

MIB = 2**20
ENABLED = Path("/sys/kernel/mm/transparent_hugepage/enabled")
KERNEL = tuple(int(one) for one in re.findall(r"\d+", platform.release())[:2])
linux_alone = pytest.mark.skipif(sys.platform != "linux", reason="huge pages are asked for on Linux alone")


def huge_bytes() -> int:
    found = re.search(r"^AnonHugePages:\s+(\d+) kB", Path("/proc/self/smaps_rollup").read_text(), re.MULTILINE)
    return 1024 * int(found[1]) if found else 0


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("00200000-01200000 rw-p 00000000 00:00 0", [(2 * MIB, 16 * MIB)]),
        ("00200000-01200000 rw-p 00000000 00:00 0          [heap]", [(2 * MIB, 16 * MIB)]),
        ("00201000-01400fff rw-p 00000000 00:00 0", [(4 * MIB, 16 * MIB)]),
        ("00201000-01200000 rw-p 00000000 00:00 0", []),  # whole pages of it are too few
        ("00200000-01200000 r--p 00000000 00:00 0", []),
        ("00200000-01200000 rw-s 00000000 00:00 0", []),
        ("00200000-01200000 rw-p 00000000 fe:00 77    /data/matrix.dat", []),
    ],
)
def test_large_private_memory_is_found(line: str, found: list[tuple[int, int]]) -> None:
    assert list(large_blocks(line)) == found
    assert list(large_blocks(f"{line}\n{line}\n")) == found * 2


@linux_alone
def test_memory_keeps_its_content() -> None:
    rows = np.random.default_rng(0).integers(0, 255, 64 * MIB, dtype=np.uint8)
    before, total = huge_bytes(), int(rows.sum(dtype=np.int64))
    use_huge_pages()
    assert int(rows.sum(dtype=np.int64)) == total
    if ENABLED.is_file() and "[never]" not in ENABLED.read_text() and KERNEL >= (6, 1):
        assert huge_bytes() >= max(before, 32 * MIB)


@linux_alone
def test_a_shard_with_enough_packed_vectors_is_settled(
    edge: EdgeStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edge.close()
    shard = tmp_path / "c" / "0001" / "shard"
    monkeypatch.setattr(huge_pages, "WORTHWHILE_BYTES", 600 * 16)
    assert settle(shard) is None  # nothing is packed yet
    build(Job(shard, SCHEMA.vectors, "int8", 0))
    thread = settle(shard)
    assert thread is not None
    thread.join(60)
    assert not thread.is_alive()
    monkeypatch.setattr(huge_pages, "WORTHWHILE_BYTES", 10 * MIB)
    assert settle(shard) is None
