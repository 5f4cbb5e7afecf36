"""One section of core: named by a model, written as pictures, and counted row by row."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from facies.indexer.segmentation.fractions import RowCounts, RowTally
from facies.indexer.segmentation.masks import (
    JPEG_LONGEST,
    MaskCanvas,
    write_mask,
    write_overlay,
    write_rock,
    write_uncertainty,
)
from facies.indexer.segmentation.naming import Naming
from facies.indexer.segmentation.rock import RockMask, all_rock, find_rock

if TYPE_CHECKING:
    from facies.indexer.segmentation.bench import Bench
    from facies.indexer.segmentation.pictures import Picture
    from facies.models.segmentation.drift import DriftReport
    from facies.models.segmentation.segmentation_model import SegmentationModel

MASK: Final = "mask.png"
UNCERTAINTY: Final = "uncertainty.png"
ROCK: Final = "rock.png"
OVERLAYS: Final = ("overlay.jpg", "overlay.png")


@dataclass(frozen=True, slots=True, eq=False)
class NamedSection:
    """A section that was named.

    Attributes:
        rows: what each row holds.
        classes: (height, width) uint8, index of the class of each pixel.
        drift: how the picture differs from those of training.
        rock: what was taken for rock.
        files: names of the pictures that were written.
    """

    rows: RowCounts
    classes: NDArray[np.uint8]
    drift: DriftReport
    rock: RockMask
    files: tuple[str, ...]


def name_section(
    bench: Bench,
    model: SegmentationModel,
    picture: Picture,
    *,
    mm_per_px: float | None = None,
    finds_rock: bool = True,
    not_rock: Collection[int] = (),
    folder: Path,
    on_rows: Callable[[int, int], None] | None = None,
) -> NamedSection:
    """Name a section and write its pictures: mask, uncertainty, overlay, and what was taken for rock.

    Args:
        bench: opens the model's card.
        model: names pixels.
        picture: of the section.
        mm_per_px: its scale; None: that of training.
        finds_rock: whether tray and gaps are looked for; else all of the picture is rock.
        not_rock: indices of classes that are no rock, such as one for the tray.
        folder: for the files, which take the place of earlier ones.
        on_rows: see `Naming.bands`.

    Raises:
        ModelMapsMismatchError, SegmentationModelError: the model does not suit.
        StorageError: the files cannot be written.
    """
    naming = Naming(bench, model, picture, mm_per_px=mm_per_px)
    rock = (find_rock(picture.pixels) if finds_rock else all_rock(*picture.shape)).without(picture.clear)
    canvas = MaskCanvas(picture.shape)
    tally = RowTally(picture.shape, len(model.classes), not_rock)
    for band in naming.bands(on_rows):
        canvas.add(band.top, band.classes, band.uncertainty)
        tally.add(band.top, band.classes, band.uncertainty, rock.rows(band.top, band.bottom))
    write_mask(folder / MASK, canvas.classes, model.classes)
    write_uncertainty(folder / UNCERTAINTY, canvas.uncertainty)
    write_rock(folder / ROCK, rock)
    overlay = overlay_name(picture)
    write_overlay(folder / overlay, picture.pixels, canvas.classes, model.classes)
    files = (MASK, UNCERTAINTY, ROCK, overlay)
    return NamedSection(tally.finish(), canvas.classes, naming.drift, rock, files)


def overlay_name(picture: Picture) -> str:
    """The overlay is a JPEG file, and PNG where the picture is taller than JPEG takes."""
    return OVERLAYS[0] if max(picture.shape) <= JPEG_LONGEST else OVERLAYS[1]
