"""Tables of macerals: every region with its size and shape, and totals for each group.

With a scale areas are in um2 and lengths in um; without one they are in pixels, and the columns are called so. Shares
are given of the image and of the foreground, each under its own name: petrographers report macerals as shares of the
organic matter, which is the foreground, and a share of the image says how much of that there is.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import SegmentationError, StorageError
from facies.core.segmentation import ClassTable
from facies.indexer.segmentation.regions import Region

Cell: TypeAlias = str | int | float | None
"""None is an empty cell."""


@dataclass(frozen=True, slots=True)
class ImageRegions:
    """What was found in one image.

    Attributes:
        name: of the image.
        pixels_by_class: pixels of each class, by class index; their sum is the image.
        regions: of the foreground.
        um_per_px: width of a pixel, None where it is not known.

    Raises:
        SegmentationError: the scale is no number above 0.
    """

    name: str
    pixels_by_class: tuple[int, ...]
    regions: Sequence[Region]
    um_per_px: float | None = None

    def __post_init__(self) -> None:
        """Refuse a scale that gives no areas."""
        if self.um_per_px is not None and not (math.isfinite(self.um_per_px) and self.um_per_px > 0):
            raise SegmentationError(f"{self.name} has a scale of {self.um_per_px} um per pixel; expected more than 0")


@dataclass(frozen=True, slots=True)
class MaceralTotal:
    """Totals of one class over one image or many.

    Attributes:
        class_id: as masks have it.
        name: of the class.
        regions: how many; None for the background, which is not counted.
        area_px: pixels.
        area_um2: None where the scale of some image is not known.
        percent_of_image: of all pixels; with several images of their area, where all scales are known.
        percent_of_foreground: of what is not background; None for the background, or where there is no foreground.
    """

    class_id: int
    name: str
    regions: int | None
    area_px: int
    area_um2: float | None
    percent_of_image: float
    percent_of_foreground: float | None


def count_pixels(mask: NDArray[np.integer], table: ClassTable) -> tuple[int, ...]:
    """The pixels of each class of a mask of class indices, by class index."""
    return tuple(int(count) for count in np.bincount(mask.ravel(), minlength=len(table)))


def sum_macerals(images: Sequence[ImageRegions], table: ClassTable, *, background: int = 0) -> list[MaceralTotal]:
    """Add up areas and counts of images.

    Args:
        images: at least one.
        table: the classes.
        background: index of the class that is no maceral.

    Returns:
        a total for each class of the table, in its order. Images of different scales are added by area, not by pixels;
        where a scale is missing, by pixels.

    Raises:
        SegmentationError: there is no image, or some images have a scale and others none.
    """
    scales = [one.um_per_px for one in images]
    known = [scale for scale in scales if scale is not None]
    if not images or 0 < len(known) < len(scales):
        raise SegmentationError(
            f"totals of {len(images)} images, {len(known)} of them with a scale; expected images that all have one (um "
            "per pixel), or none of which has, since their pixels cannot be added otherwise"
        )
    pixels = np.array([one.pixels_by_class for one in images], dtype=np.int64)
    weights = np.array(known) ** 2 if known else np.ones(len(images))
    areas = weights @ pixels
    foreground = float(areas.sum() - areas[background])
    counts = [
        sum(region.class_index == index for one in images for region in one.regions) for index in range(len(table))
    ]
    return [
        MaceralTotal(
            class_id=one.id,
            name=one.name,
            regions=None if index == background else counts[index],
            area_px=int(pixels[:, index].sum()),
            area_um2=float(areas[index]) if known else None,
            percent_of_image=float(100 * areas[index] / areas.sum()),
            percent_of_foreground=None if index == background or not foreground else 100 * areas[index] / foreground,
        )
        for index, one in enumerate(table.classes)
    ]


def tabulate_regions(images: Iterable[ImageRegions], table: ClassTable) -> Iterator[dict[str, Cell]]:
    """Give the rows of the table of regions, each a mapping of column to cell.

    Rows and columns of an image count from 0; ``bottom`` and ``right`` are the last ones plus 1.
    """
    for one in images:
        for region in one.regions:
            yield _region_row(one, region, table)


def tabulate_totals(totals: Iterable[MaceralTotal]) -> Iterator[dict[str, Cell]]:
    """Give the rows of the table of totals, each a mapping of column to cell."""
    for total in totals:
        area: dict[str, Cell] = {} if total.area_um2 is None else {"area_um2": _round(total.area_um2)}
        yield {
            "class": total.class_id,
            "name": total.name,
            "regions": total.regions,
            **area,
            "area_px": total.area_px,
            "percent_of_image": _round(total.percent_of_image),
            "percent_of_foreground": None
            if total.percent_of_foreground is None
            else _round(total.percent_of_foreground),
        }


def write_table(rows: Iterable[Mapping[str, Cell]], path: Path, *, columns: Sequence[str]) -> int:
    """Write rows as CSV in UTF-8, and give their number.

    Args:
        rows: of cells by column; columns that a row lacks are left empty.
        path: of the file, which is written over.
        columns: the header, see `region_columns` and `total_columns`.

    Raises:
        StorageError: the system refuses.
    """
    count = 0
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
            writer.writeheader()
            for row in rows:
                writer.writerow(row)
                count += 1
    except OSError as error:
        raise StorageError(path, error.strerror or str(error)) from error
    return count


def region_columns(*, has_scale: bool) -> tuple[str, ...]:
    """The columns of the table of regions."""
    area = ("area_um2", "area_px") if has_scale else ("area_px",)
    place = ("row", "column", "top", "left", "bottom", "right")
    diameter = "equivalent_diameter_um" if has_scale else "equivalent_diameter_px"
    shape = (diameter, "elongation", "touches_edge", "mean_probability")
    return ("image", "region", "class", "name", *area, *place, *shape)


def total_columns(*, has_scale: bool) -> tuple[str, ...]:
    """The columns of the table of totals."""
    area = ("area_um2", "area_px") if has_scale else ("area_px",)
    return ("class", "name", "regions", *area, "percent_of_image", "percent_of_foreground")


def _region_row(image: ImageRegions, region: Region, table: ClassTable) -> dict[str, Cell]:
    one = table.classes[region.class_index]
    scale = image.um_per_px
    sizes: dict[str, Cell] = {"area_px": region.area_px}
    if scale is None:
        sizes["equivalent_diameter_px"] = _round(region.diameter_px)
    else:
        sizes["area_um2"] = _round(region.area_px * scale**2)
        sizes["equivalent_diameter_um"] = _round(region.diameter_px * scale)
    return {
        "image": image.name,
        "region": region.number,
        "class": one.id,
        "name": one.name,
        **sizes,
        "row": _round(region.row),
        "column": _round(region.column),
        "top": region.top,
        "left": region.left,
        "bottom": region.bottom,
        "right": region.right,
        "elongation": _round(region.elongation),
        "touches_edge": "yes" if region.touches_edge else "no",
        "mean_probability": None if region.mean_probability is None else _round(region.mean_probability),
    }


def _round(value: float) -> float:
    """Six digits that count: what follows is below any measurement."""
    return float(f"{value:.6g}")
