"""What is wanted of a core: a model, photographs, depths, and how fine the answers are to be."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.metadata import version
from itertools import chain, count
from pathlib import Path
from typing import Final

from facies.core.errors import ConfigurationError, DepthError
from facies.indexer.segmentation.depth import Section
from facies.indexer.segmentation.fractions import CENTIMETRE_M, check_step
from facies.indexer.segmentation.intervals import check_thickness
from facies.indexer.segmentation.las_curves import WellHeader
from facies.indexer.segmentation.scales import check_mm_per_px
from facies.indexer.segmentation.section_list import NamedInterval

LEAST_THICKNESS_M: Final = 0.05
SECTIONS: Final = "sections"
_FORM: Final = 2
"""Of the files of a section; a greater one makes all be named again."""


@dataclass(frozen=True, slots=True)
class CoreOrder:
    """What is wanted.

    Attributes:
        model: the file of a trained model.
        out: folder for what comes of it.
        sections: photographs with their depths; empty where `image` is given.
        image: one photograph without a depth.
        mm_per_px: its scale, where the smoothing is in mm.
        finds_rock: whether tray and gaps are looked for.
        not_rock: names or ids of classes that are no rock.
        step_m: height of a bin of the curves.
        intervals: that fractions are wanted for.
        least_m: least thickness of an interval of one class.
        header: of the LAS file.
        is_list: whether the sections come from a list: each has a folder of its own, though there be one alone.
        lists: files that sections and intervals were read from.
    """

    model: Path
    out: Path
    sections: tuple[Section, ...] = ()
    image: Path | None = None
    mm_per_px: float | None = None
    finds_rock: bool = True
    not_rock: tuple[str, ...] = ()
    step_m: float = CENTIMETRE_M
    intervals: tuple[NamedInterval, ...] = ()
    least_m: float = LEAST_THICKNESS_M
    header: WellHeader | None = None
    is_list: bool = False
    lists: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        """Check what goes together.

        Raises:
            ConfigurationError: neither a photograph nor sections, or both; or no such scale.
            DepthError: intervals are wanted of a photograph without depth, or a height makes no sense.
        """
        if (self.image is None) == (not self.sections):
            raise ConfigurationError("give either one image or sections with depths, and not both")
        if self.image is not None and self.intervals:
            raise DepthError("fractions by interval need depths; give the top and base of the image, or sections")
        check_mm_per_px(self.mm_per_px)
        check_step(self.step_m)
        check_thickness(self.least_m)

    def folders(self) -> dict[Section, Path]:
        """A folder for each section, in depth order.

        It is named by the photograph and not by its place, so that a section that is added later, or whose depth is
        corrected, moves no other one.
        """
        ordered = sorted(self.sections, key=lambda one: (one.top_m, str(one.image)))
        if len(ordered) == 1 and not self.is_list:
            return {ordered[0]: self.out}
        found: dict[Section, Path] = {}
        taken: set[str] = set()
        for section in ordered:
            stem = section.image.stem.strip(". ") or "section"
            names = chain([stem], (f"{stem}-{number}" for number in count(2)))
            name = next(name for name in names if name.casefold() not in taken)
            taken.add(name.casefold())
            found[section] = self.out / SECTIONS / name
        return found

    def fingerprint(self, model_sha256: str, picture_sha256: str, radius_cells: float) -> str:
        """What the files of one section depend on; where it is the same, they are not made again.

        Depths are not among it: they may be corrected, and only the tables are written anew.
        """
        rock = (self.finds_rock, sorted(self.not_rock))
        parts = (_FORM, version("facies"), model_sha256, picture_sha256, radius_cells, *rock)
        return hashlib.sha256(repr(parts).encode()).hexdigest()
