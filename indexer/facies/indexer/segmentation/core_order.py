"""What is wanted of a core: a model, photographs, depths, and how fine the answers are to be."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from facies.core.errors import ConfigurationError, DepthError
from facies.indexer.segmentation.depth import Section
from facies.indexer.segmentation.fractions import CENTIMETRE_M
from facies.indexer.segmentation.las_curves import WellHeader
from facies.indexer.segmentation.section_list import NamedInterval

LEAST_THICKNESS_M: Final = 0.05


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

    def __post_init__(self) -> None:
        """Check what goes together.

        Raises:
            ConfigurationError: neither a photograph nor sections, or both.
            DepthError: intervals are wanted of a photograph without depth.
        """
        if (self.image is None) == (not self.sections):
            raise ConfigurationError("give either one image or sections with depths, and not both")
        if self.image is not None and self.intervals:
            raise DepthError("fractions by interval need depths; give the top and base of the image, or sections")

    def fingerprint(self, model_sha256: str, picture_sha256: str, mm_per_px: float | None) -> str:
        """What the files of one section depend on; where it is the same, they are not made again."""
        parts = (model_sha256, picture_sha256, mm_per_px, self.finds_rock, sorted(self.not_rock))
        return hashlib.sha256(repr(parts).encode()).hexdigest()
