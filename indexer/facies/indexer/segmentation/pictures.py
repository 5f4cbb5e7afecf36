"""Photographs that are to be segmented, read whole from a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import OriginalMissingError, UnreadableImageError
from facies.core.images import RgbImage, decode_image
from facies.indexer.originals import read_original

if TYPE_CHECKING:
    from facies.indexer.limits import Limits


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One photograph.

    Attributes:
        name: of the file.
        sha256: hash of the file's bytes, 64 hexadecimal digits.
        pixels: (height, width, 3) uint8, upright; of a TIFF file of several pages the first.
        clear: (height, width) bool, the pixels that are wholly transparent; None where there are none.
    """

    name: str
    sha256: str
    pixels: RgbImage
    clear: NDArray[np.bool_] | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.pixels.shape[0], self.pixels.shape[1]


def read_picture(path: Path, limits: Limits) -> Picture:
    """Read a photograph.

    Raises:
        UnreadableImageError: there is no such file, or it is no image that can be read and decoded completely.
        ImageTooLargeError: it has more bytes or pixels than the limits allow.
    """
    try:
        data = read_original(str(path), max_bytes=limits.max_file_bytes)
    except OriginalMissingError as error:
        reason = "there is no such file. Correct the path, or the list that names it."
        raise UnreadableImageError(str(path), reason) from error
    decoded = decode_image(data, path.name, max_pixels=limits.max_pixels)
    return Picture(path.name, decoded.sha256, decoded.pixels, decoded.clear)
