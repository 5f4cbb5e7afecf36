"""A set of content hashes in little memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Hashes: TypeAlias = "NDArray[np.bytes_]"
"""SHA-256 hashes in ascending order, (n,) of 32 bytes each."""


def pack_hashes(sha256s: Iterable[str]) -> Hashes:
    """Pack hashes: a million takes 32 MB, and processes of one machine can share them."""
    return np.sort(np.frombuffer(b"".join(map(bytes.fromhex, sha256s)), dtype="S32"))


def holds(hashes: Hashes, sha256: str) -> bool:
    """Whether a hash is among those packed.

    >>> some = pack_hashes(["ab" * 32, "00" * 32])
    >>> holds(some, "00" * 32), holds(some, "ba" * 32)
    (True, False)
    """
    wanted = np.frombuffer(bytes.fromhex(sha256), dtype=hashes.dtype)
    at = int(np.searchsorted(hashes, wanted)[0])
    return bool((hashes[at : at + 1] == wanted).any())
