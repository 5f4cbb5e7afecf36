"""Masks as pictures: classes as an indexed PNG, uncertainty as grey, classes laid over the photograph, and the rock.

The indexed PNG has class ids as its values, and the colours of the table of classes as its palette. It has a class at
every pixel, tray and gaps too, so that it can be held against a truth; which of them is rock is a picture of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from facies.core.errors import ConfigurationError, MaskSizeError
from facies.core.images import RgbImage
from facies.core.new_files import new_file
from facies.core.segmentation.class_table import ClassTable
from facies.indexer.segmentation.mask_file import save_png, write_ids
from facies.indexer.segmentation.rock import RockMask

Indices = NDArray[np.uint8]
Grey = NDArray[np.uint8]

UNCERTAINTY_NOTE: Final = (
    "grey value / 255 is the uncertainty: 1 less the margin between the probabilities of the two likeliest classes; "
    "0 is sure, 255 is undecided"
)
_BAND_ROWS: Final = 512
_JPEG_QUALITY: Final = 90
JPEG_LONGEST: Final = 65_500
"""Pixels of a side that libjpeg takes."""


class MaskCanvas:
    """Collects the bands of a mask: two bytes a pixel, and nothing of the probabilities."""

    def __init__(self, shape: tuple[int, int]) -> None:
        """Begin with class 0 and no uncertainty.

        Args:
            shape: height and width of the picture.
        """
        self.classes: Indices = np.zeros(shape, dtype=np.uint8)
        """Indices of classes, shape (height, width)."""
        self.uncertainty: Grey = np.zeros(shape, dtype=np.uint8)
        """0 sure to 255 undecided, shape (height, width)."""

    def add(self, top: int, classes: NDArray[np.integer], uncertainty: NDArray[np.floating]) -> None:
        """Put a band in its place.

        Args:
            top: its first row.
            classes: shape (h, width), indices of classes, 0 to 255.
            uncertainty: shape (h, width), 0 to 1.
        """
        rows = slice(top, top + len(classes))
        self.classes[rows] = classes
        self.uncertainty[rows] = to_grey(uncertainty)


def to_grey(uncertainty: NDArray[np.floating]) -> Grey:
    """Bring 0 to 1 to whole numbers of 0 to 255, to the nearest."""
    grey: Grey = np.rint(np.clip(uncertainty, 0, 1) * 255).astype(np.uint8)
    return grey


def write_mask(path: Path, classes: Indices, table: ClassTable) -> None:
    """Write an indexed PNG: ids as values, colours of the table as palette.

    Args:
        path: of the file, ``.png``.
        classes: shape (height, width), uint8, indices of classes.
        table: their ids and colours.

    Raises:
        ConfigurationError: another suffix.
        StorageError: the system refuses.
    """
    write_ids(path, table.ids.astype(np.uint8)[classes], table)


def write_uncertainty(path: Path, uncertainty: Grey) -> None:
    """Write a grey PNG, 255 undecided; a text in it says so.

    Args:
        path: of the file, ``.png``.
        uncertainty: shape (height, width), uint8, see `to_grey`.

    Raises:
        ConfigurationError: another suffix.
        StorageError: the system refuses.
    """
    note = PngInfo()
    note.add_text("facies:uncertainty", UNCERTAINTY_NOTE)
    save_png(Image.fromarray(uncertainty), path, note)


def write_rock(path: Path, rock: RockMask) -> None:
    """Write a black and white PNG: white is rock.

    Raises:
        ConfigurationError: another suffix.
        StorageError: the system refuses.
    """
    note = PngInfo()
    note.add_text("facies:rock", f"white is rock, black is tray or gap; {rock.note}")
    save_png(Image.fromarray(rock.rows(0, rock.shape[0])), path, note)


def write_overlay(path: Path, image: RgbImage, classes: Indices, table: ClassTable, *, opacity: float = 0.4) -> None:
    """Write the photograph with the colours of its classes laid over it.

    Args:
        path: of the file; ``.jpg`` or ``.jpeg`` for JPEG, ``.png`` for PNG.
        image: shape (height, width, 3), uint8, RGB.
        classes: shape (height, width), uint8, indices of classes.
        table: their colours.
        opacity: of the colours, 0 to 1.

    Raises:
        ConfigurationError: another suffix, an opacity outside 0 to 1, or a picture too tall for JPEG.
        MaskSizeError: mask and photograph differ in size.
        StorageError: the system refuses.
    """
    suffix = path.suffix.lower()
    if suffix not in {".jpg", ".jpeg", ".png"}:
        raise ConfigurationError(f"{path} must end in .jpg, .jpeg or .png")
    if not 0 <= opacity <= 1:
        raise ConfigurationError(f"the opacity of an overlay is {opacity:g}, expected 0 to 1")
    if image.shape[:2] != classes.shape:
        raise MaskSizeError("the mask", (classes.shape[0], classes.shape[1]), "the photograph", image.shape[:2])
    if suffix != ".png" and max(classes.shape) > JPEG_LONGEST:
        raise ConfigurationError(f"{path}: JPEG takes {JPEG_LONGEST:,} pixels a side, this has more; write .png")
    colours = np.array([one.colour for one in table.classes], dtype=np.float32)
    laid = np.empty_like(image)
    for top in range(0, len(image), _BAND_ROWS):
        rows = slice(top, top + _BAND_ROWS)
        laid[rows] = np.rint((1 - opacity) * image[rows] + opacity * colours[classes[rows]])
    picture = Image.fromarray(laid)
    with new_file(path) as part:
        if suffix == ".png":
            picture.save(part, format="PNG", compress_level=4)
        else:
            picture.save(part, format="JPEG", quality=_JPEG_QUALITY)
