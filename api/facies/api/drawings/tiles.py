"""Pictures cut up for browsers, and their pixels laid out for previews: made once, then read from the disk in parts.

No browser shows a core of 40,000 rows as one picture. It fetches the tiles that are in view, at the level that fits the
zoom. Level 0 is the picture, each further level has half the pixels each way, the last one is a single tile.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import QueryError
from facies.core.images import RgbImage
from facies.core.new_files import new_folder
from facies.core.renditions import encode_jpeg, encode_png, halve

TILE_PX: Final = 512
JPEG: Final = ".jpg"
PNG: Final = ".png"
_QUALITY: Final = 90
_PIXELS: Final = "pixels.npy"


def count_levels(width: int, height: int) -> int:
    """How many levels a picture has.

    Example:
        >>> count_levels(512, 512), count_levels(513, 10), count_levels(1000, 40_000)
        (1, 2, 8)
    """
    levels, longest = 1, max(width, height)
    while longest > TILE_PX:
        longest = -(-longest // 2)
        levels += 1
    return levels


def lay_out(pixels: RgbImage, folder: Path) -> None:
    """Write tiles and pixels of a photograph; the folder is there whole or not at all.

    Raises:
        StorageError: the disk is full, or refuses.
    """
    with new_folder(folder) as part:
        part.mkdir(parents=True)
        laid = np.lib.format.open_memmap(part / _PIXELS, mode="w+", dtype=np.uint8, shape=pixels.shape)
        laid[:] = pixels
        laid.flush()
        del laid
        write_tiles(pixels, part, encode=lambda tile: encode_jpeg(tile, _QUALITY), shrink=halve, suffix=JPEG)


def open_pixels(folder: Path) -> RgbImage:
    """The pixels of a photograph that was laid out, to be read in parts.

    Raises:
        OSError, ValueError: they are not there, or damaged.
    """
    laid: RgbImage = np.load(folder / _PIXELS, mmap_mode="r")
    return laid


def lay_out_mask(mask: NDArray[np.uint8], folder: Path) -> None:
    """Write tiles of a mask (height, width, 3), of which every second pixel goes on to the next level.

    Raises:
        StorageError: the disk is full, or refuses.
    """
    with new_folder(folder) as part:
        part.mkdir(parents=True)
        write_tiles(mask, part, encode=encode_png, shrink=lambda level: level[::2, ::2], suffix=PNG)


def write_tiles(
    pixels: NDArray[np.uint8],
    folder: Path,
    *,
    encode: Callable[[NDArray[np.uint8]], bytes],
    shrink: Callable[[NDArray[np.uint8]], NDArray[np.uint8]],
    suffix: str,
) -> None:
    """Write the tiles of all levels, ``LEVEL/ROW-COLUMN``."""
    height, width = pixels.shape[:2]
    level = pixels
    for number in range(count_levels(width, height)):
        if number:
            level = shrink(level)
        below = folder / str(number)
        below.mkdir()
        for row, top in enumerate(range(0, level.shape[0], TILE_PX)):
            for column, left in enumerate(range(0, level.shape[1], TILE_PX)):
                tile = level[top : top + TILE_PX, left : left + TILE_PX]
                (below / f"{row}-{column}{suffix}").write_bytes(encode(tile))


def find_tile(folder: Path, level: int, row: int, column: int, suffix: str) -> Path:
    """Where a tile lies.

    Raises:
        QueryError: the picture has no such tile.
    """
    path = folder / str(level) / f"{row}-{column}{suffix}"
    if not path.is_file():
        raise QueryError(f"there is no tile in row {row} and column {column} of level {level}")
    return path
