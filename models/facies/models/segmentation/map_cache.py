"""Maps kept on disk, so that a further stroke costs no pass of the network.

One file holds the maps of one image by one card, named by the hash of the image and the fingerprint of the maps. It
begins with a header that says what it holds, with a checksum of each map; the header that belongs to what was asked for
is made anew and compared byte by byte, so nothing in a file is believed. A file is complete or absent: it is written
beside, flushed and renamed. Whatever goes wrong with the disk costs time alone, since the maps are then computed.
"""

from __future__ import annotations

import fcntl
import hashlib
import itertools
import json
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from facies.models.preprocess import check_pixels
from facies.models.segmentation.hypercolumns import MAP_DTYPE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facies.core.images import RgbImage
    from facies.models.segmentation.feature_maps import FeatureMaps
    from facies.models.segmentation.hypercolumns import Hypercolumns

_MAGIC = b"facies maps 1\n"
_SUFFIX = ".maps"
_PART = ".part-"
"""Begins the name of a file that is being written."""
_LOCK = ".lock"
_ALIGNED_TO = 64
"""Header and maps begin at multiples of so many bytes, as memory maps of arrays like it."""
_ABANDONED_S = 3600.0
"""A half-written file of this age was left by a process that was killed."""
_numbers = itertools.count()
"""Tells apart the files that the threads of this process write at the same moment."""
_log = logging.getLogger(__name__)


class MapCache:
    """Files of maps in one folder, of which the oldest used leave first. Safe for several threads and processes."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        """Take a folder, which is made at the first write.

        Args:
            folder: for the files of this cache alone.
            max_bytes: of all files together; maps that are larger by themselves are not kept.
        """
        self._folder = folder
        self._max_bytes = max_bytes

    def maps(
        self,
        image_sha256: str,
        image: RgbImage,
        hypercolumns: Hypercolumns,
        *,
        check: Callable[[], None] | None = None,
    ) -> FeatureMaps:
        """Give the maps of an image: from the disk as a memory map, or computed and kept.

        Args:
            image_sha256: hash of the image's content, which stands for the image.
            image: shape (height, width, 3), uint8, RGB.
            hypercolumns: makes the maps.
            check: called between passes of the network that are kept; may raise to break off.

        Raises:
            ImageError: the array has another shape or dtype, or no pixels.
            ModelError: the network gave values that are no finite numbers of half precision.
        """
        check_pixels(image)
        height, width = image.shape[:2]
        layout = _layout(image_sha256, (height, width), hypercolumns)
        arrays = self._read(layout)
        if arrays is None and layout.size <= self._max_bytes:
            try:
                self._write(layout, image, hypercolumns, check)
            except OSError as error:
                _log.warning("maps are not kept: %s cannot be written: %s", self._folder, error.strerror or error)
            arrays = self._read(layout)
        return hypercolumns.maps(image) if arrays is None else hypercolumns.assemble(arrays, height, width)

    def find(self, image_sha256: str, image_shape: tuple[int, int], hypercolumns: Hypercolumns) -> FeatureMaps | None:
        """Give the maps of an image where they are on the disk, as a memory map; None where they are not.

        Args:
            image_sha256: hash of the image's content, which stands for the image.
            image_shape: height and width.
            hypercolumns: by which they were made.
        """
        arrays = self._read(_layout(image_sha256, image_shape, hypercolumns))
        return None if arrays is None else hypercolumns.assemble(arrays, *image_shape)

    def _read(self, layout: _Layout) -> list[NDArray[Any]] | None:
        """The maps of a file; None where there is none, or one that holds anything else."""
        path = self._folder / layout.file
        try:
            content = np.memmap(path, dtype=np.uint8, mode="r")
            os.utime(path)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:  # numpy calls an empty file a wrong value
            _log.warning("%s cannot be read, its maps are computed again: %s", path, error)
            return None
        parts = [content[start : start + size] for start, size in layout.spans]
        checksums = [hashlib.sha256(part.data).hexdigest() for part in parts]
        if len(content) != layout.size or bytes(content[: layout.start]) != layout.header(checksums):
            _log.warning("%s is damaged, its maps are computed again", path)
            return None
        return [part.view(MAP_DTYPE).reshape(shape) for part, shape in zip(parts, layout.shapes, strict=True)]

    def _write(
        self, layout: _Layout, image: RgbImage, hypercolumns: Hypercolumns, check: Callable[[], None] | None
    ) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        temporary = self._folder / f"{_PART}{os.getpid()}-{next(_numbers)}-{time.monotonic_ns()}"
        try:
            with temporary.open("xb") as file:
                hashes = [hashlib.sha256() for _ in layout.shapes]
                file.truncate(layout.size)
                for bands in hypercolumns.passes(image):
                    if check is not None:
                        check()
                    for (start, _), shape, checksum, (row, band) in zip(
                        layout.spans, layout.shapes, hashes, bands, strict=True
                    ):
                        data = np.ascontiguousarray(band).data.cast("B")
                        file.seek(start + row * shape[1] * shape[2] * MAP_DTYPE.itemsize)
                        file.write(data)
                        checksum.update(data)
                file.seek(0)
                file.write(layout.header([checksum.hexdigest() for checksum in hashes]))
                file.flush()
                os.fsync(file.fileno())
            with self._locked():
                self._make_room(layout.size, but=layout.file)
                temporary.replace(self._folder / layout.file)
        except BaseException:
            # Interrupted or out of space: the half-written file must not stay and take up what is left.
            with suppress(OSError):
                temporary.unlink()
            raise

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self._folder / _LOCK).open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield  # closing the file lets go of it

    def _make_room(self, size: int, *, but: str) -> None:
        """Remove the files that were used longest ago until there is room for a new one in the place of `but`."""
        found: list[tuple[float, int, Path]] = []
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):
                status = path.stat()
                if path.suffix == _SUFFIX and path.name != but:
                    found.append((status.st_mtime, status.st_size, path))
                elif path.name.startswith(_PART) and status.st_mtime < time.time() - _ABANDONED_S:
                    path.unlink()
        kept = sum(each for _, each, _ in found)
        for _, each, path in sorted(found):
            if kept + size <= self._max_bytes:
                return
            path.unlink(missing_ok=True)
            kept -= each


@dataclass(frozen=True, slots=True)
class _Layout:
    """What the file of one image's maps looks like, but for the checksums."""

    image_sha256: str
    fingerprint: str
    image_shape: tuple[int, int]
    shapes: tuple[tuple[int, int, int], ...]

    @property
    def file(self) -> str:
        """The file's name; a hash, so that no text of the outside is part of a path."""
        return hashlib.sha256(f"{self.image_sha256}\n{self.fingerprint}".encode()).hexdigest() + _SUFFIX

    def header(self, checksums: list[str]) -> bytes:
        """The first bytes of the file, up to where the maps begin."""
        text = json.dumps(
            {
                "image": self.image_sha256,
                "fingerprint": self.fingerprint,
                "height_and_width": self.image_shape,
                "shapes": self.shapes,
                "dtype": MAP_DTYPE.str,
                "sha256": checksums,
            }
        ).encode()
        header = _MAGIC + text + b"\n"
        return header.ljust(_aligned(len(header)), b" ")

    @property
    def start(self) -> int:
        """Bytes of the header."""
        return len(self.header([hashlib.sha256().hexdigest()] * len(self.shapes)))

    @property
    def spans(self) -> list[tuple[int, int]]:
        """First byte and size in bytes of each map."""
        spans, start = [], self.start
        for down, across, channels in self.shapes:
            size = down * across * channels * MAP_DTYPE.itemsize
            spans.append((start, size))
            start += _aligned(size)
        return spans

    @property
    def size(self) -> int:
        """Bytes of the file."""
        start, size = self.spans[-1]
        return start + size


def _layout(image_sha256: str, image_shape: tuple[int, int], hypercolumns: Hypercolumns) -> _Layout:
    return _Layout(image_sha256, hypercolumns.fingerprint, image_shape, hypercolumns.shapes(*image_shape))


def _aligned(size: int) -> int:
    return -(-size // _ALIGNED_TO) * _ALIGNED_TO
