"""Larger pages for memory that a search reads all over.

A search in a graph jumps through the packed vectors, and much of its time goes to finding where a page of 4 KiB lies.
In pages of 2 MiB the median search among 500,000 took 0.98 ms, before that 1.18 (docs/performance.md). The system is
asked for them once the vectors are loaded; where it gives none, nothing changes but the time.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from facies.core.store.engine_files import packed_bytes

WORTHWHILE_BYTES: Final = 64 * 2**20
"""Packed vectors of a shard from which on it pays: fewer than that, the processor remembers."""

_PAGE: Final = 2 * 2**20
_LEAST: Final = 8 * _PAGE
_MADV_HUGEPAGE: Final = 14
_MADV_COLLAPSE: Final = 25
"""Advice to `madvise`, as in Linux's mman-common.h; the second is known from Linux 6.1 on."""


def settle(shard: Path) -> threading.Thread | None:
    """Bring the vectors of a shard that was just loaded into huge pages, in a thread: it takes about a second.

    Returns:
        the thread; None where the shard holds too little for it.
    """
    if sys.platform != "linux" or packed_bytes(shard) < WORTHWHILE_BYTES:
        return None
    thread = threading.Thread(target=use_huge_pages, name="huge-pages", daemon=True)
    thread.start()
    return thread


def use_huge_pages() -> None:
    """Ask for huge pages for every large block of this process's memory; what was never touched stays untouched."""
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    # A block may be gone, or another's, when its turn comes. Advice never changes what is in it.
    for start, size in large_blocks(Path("/proc/self/maps").read_text(encoding="utf-8")):
        madvise(start, size, _MADV_HUGEPAGE)
        madvise(start, size, _MADV_COLLAPSE)


def large_blocks(maps: str) -> Iterator[tuple[int, int]]:
    """Find the blocks of private memory with no file behind them, from 16 MiB on: start and size, in whole huge pages.

    Args:
        maps: as in ``/proc/self/maps``.

    Example:
        >>> list(large_blocks("10001000-20001000 rw-p 00000000 00:00 0 [heap]"))
        [(270532608, 266338304)]
        >>> list(large_blocks("10000000-20000000 rw-p 00000000 08:01 77 /a/file"))
        []
    """
    for line in maps.splitlines():
        addresses, access, _offset, _device, inode = line.split()[:5]
        first, last = (int(one, 16) for one in addresses.split("-"))
        start, end = -(-first // _PAGE) * _PAGE, last // _PAGE * _PAGE
        if access == "rw-p" and inode == "0" and end - start >= _LEAST:
            yield start, end - start
