"""The bounds of a run of the indexer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facies.indexer.originals import MAX_BYTES

if TYPE_CHECKING:
    from facies.core.settings import Settings


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is read, decoded, embedded and stored at a time.

    Attributes:
        max_pixels: largest image that is decoded, in pixels.
        max_file_bytes: largest file that is read, in bytes.
        memory_bytes: of files that are read at once, and again of what decoding them takes; one alone may exceed it.
        thumbnail_px: longest side of a thumbnail, in pixels.
        decode_threads: threads that read and decode.
        upsert_size: images stored and acknowledged at a time.
    """

    max_pixels: int = 200_000_000
    max_file_bytes: int = MAX_BYTES
    memory_bytes: int = 512 * 2**20
    thumbnail_px: int = 256
    decode_threads: int = 2
    upsert_size: int = 64


def limits_of(settings: Settings) -> Limits:
    """Take the bounds from the settings; for composition roots."""
    return Limits(
        max_pixels=settings.images.max_pixels,
        max_file_bytes=settings.indexer.max_file_bytes,
        memory_bytes=settings.indexer.memory_bytes,
        thumbnail_px=settings.images.thumbnail_px,
        decode_threads=settings.indexer.decode_threads,
        upsert_size=settings.indexer.upsert_size,
    )
