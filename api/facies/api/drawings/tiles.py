"""Pictures cut up for browsers, and their pixels laid out for previews: made once, then read from the disk in parts.

No browser shows a core of 40,000 rows as one picture. It fetches the tiles that are in view, at the level that fits the
zoom. Level 0 is the picture, each further level has half the pixels each way, the last one is a single tile.

A file that has its name is whole, and on the disk; whatever is missing is made again with all the rest.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import QueryError, StorageError
from facies.core.flushing import flush, flush_all
from facies.core.images import RgbImage
from facies.core.renditions import encode_jpeg, encode_png, halve

TILE_PX: Final = 512
JPEG: Final = ".jpg"
PNG: Final = ".png"
PIXELS: Final = "pixels.npy"
_QUALITY: Final = 90


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
    """Write tiles and pixels of a photograph into a folder, which is made where it is missing.

    Raises:
        StorageError: the disk is full, or refuses.
    """
    with _laid_out(folder) as part:
        laid = np.lib.format.open_memmap(part / PIXELS, mode="w+", dtype=np.uint8, shape=pixels.shape)
        laid[:] = pixels
        laid.flush()
        del laid
        write_tiles(pixels, part, encode=lambda tile: encode_jpeg(tile, _QUALITY), shrink=halve, suffix=JPEG)


def open_pixels(path: Path) -> RgbImage:
    """The pixels of a photograph that was laid out, to be read in parts.

    Raises:
        OSError, ValueError: they are not there, or damaged.
    """
    laid: RgbImage = np.load(path, mmap_mode="r")
    return laid


def lay_out_mask(mask: NDArray[np.uint8], folder: Path) -> None:
    """Write tiles of a mask (height, width, 3), of which every second pixel goes on to the next level.

    Raises:
        StorageError: the disk is full, or refuses.
    """
    with _laid_out(folder) as part:
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


def name_tile(width: int, height: int, tile: tuple[int, int, int], suffix: str) -> str:
    """The name of a tile, level, row and column, below the folder of a picture of this size.

    Raises:
        QueryError: the picture has no such tile.

    Example:
        >>> name_tile(600, 400, (0, 0, 1), ".jpg")
        '0/0-1.jpg'
    """
    level, row, column = tile
    across, down = (-(-size // (TILE_PX * 2**level)) for size in (width, height))
    if level >= count_levels(width, height) or row >= down or column >= across:
        raise QueryError(f"there is no tile in row {row} and column {column} of level {level}")
    return f"{level}/{row}-{column}{suffix}"


def is_whole(path: Path) -> bool:
    """Whether a file is there with something in it: a name without content is what a power cut may leave."""
    try:
        return path.stat().st_size > 0
    except OSError:
        return False


@contextmanager
def _laid_out(folder: Path) -> Iterator[Path]:
    """Give a new folder beside another one, into which its files are moved at the end, when they are on the disk.

    They are moved one by one: another process may do the same at once, and somebody may read what is there already.

    Raises:
        StorageError: the system refuses.
    """
    part = folder.with_name(f".{folder.name}.part-{uuid4().hex[:8]}")
    try:
        part.mkdir()
        yield part
        flush_all(part)
        folder.mkdir(exist_ok=True)
        made = [folder.parent, folder]
        for path in sorted(part.rglob("*")):  # a folder comes before what is in it
            place = folder / path.relative_to(part)
            if path.is_dir():
                place.mkdir(exist_ok=True)
                made.append(place)
            else:
                path.replace(place)
        for one in made:
            flush(one)
    except OSError as error:
        raise StorageError(folder, error.strerror or str(error)) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
