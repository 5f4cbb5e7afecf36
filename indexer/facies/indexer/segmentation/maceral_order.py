"""What is wanted of photomicrographs: a model, images, a scale, and what is too small to be counted."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from facies.core.errors import ConfigurationError
from facies.indexer.segmentation.region_cleaning import area_in_px
from facies.indexer.segmentation.scales import check_um_per_px
from facies.indexer.segmentation.views import find_views

if TYPE_CHECKING:
    from facies.indexer.segmentation.pictures import Picture


@dataclass(frozen=True, slots=True)
class MaceralOrder:
    """What is wanted.

    Attributes:
        model: the file of a trained model, of pixels or of a network that was trained whole.
        images: photomicrographs, at least one.
        out: folder for what comes of them.
        um_per_px: width of a pixel of all of them, where it is known.
        views: name of the set of views that are averaged.
        min_area_um2: regions of the foreground below it go to what surrounds them; needs the scale.
        max_hole_um2: holes up to it are filled; needs the scale.
        min_area_px: the same in pixels, where no scale is known.
        max_hole_px: the same in pixels.
        background: id or name of the class that is no maceral; None: that of the model.
    """

    model: Path
    images: tuple[Path, ...]
    out: Path
    um_per_px: float | None = None
    views: str = "none"
    min_area_um2: float | None = None
    max_hole_um2: float | None = None
    min_area_px: int | None = None
    max_hole_px: int | None = None
    background: int | str | None = None

    def __post_init__(self) -> None:
        """Check what goes together.

        Raises:
            ConfigurationError: no image, no such scale, areas in um2 without a scale, or one in both units.
            SegmentationError: no such set of views, or an area below 0.
        """
        if not self.images:
            raise ConfigurationError("no image is given; give at least one with --image")
        check_um_per_px(self.um_per_px)
        for name, um2, px in (
            ("min-area", self.min_area_um2, self.min_area_px),
            ("max-hole", self.max_hole_um2, self.max_hole_px),
        ):
            if um2 is not None and px is not None:
                raise ConfigurationError(f"--{name}-um2 and --{name}-px are both given; give one of them")
            if um2 is not None and self.um_per_px is None:
                raise ConfigurationError(f"--{name}-um2 needs --um-per-px; without a scale give --{name}-px")
        find_views(self.views)
        _ = self.least_px, self.hole_px

    @property
    def mm_per_px(self) -> float | None:
        """The scale as models of pixels take it."""
        return None if self.um_per_px is None else self.um_per_px / 1000

    @property
    def least_px(self) -> int:
        """Pixels that a region needs to stay."""
        return self._pixels(self.min_area_um2, self.min_area_px, self.um_per_px)

    @property
    def hole_px(self) -> int:
        """Pixels that a hole may have to be filled."""
        if self.max_hole_um2 is None or self.um_per_px is None:
            return self.max_hole_px or 0
        area_in_px(self.max_hole_um2, self.um_per_px)  # refuses what is no area
        return math.floor(self.max_hole_um2 / self.um_per_px**2 + 1e-6)

    def fingerprint(self, model_sha256: str, picture: Picture, background: int) -> str:
        """What the files of one image depend on; where it is the same, they are not made again."""
        parts = (
            *(model_sha256, picture.sha256, picture.name, background, self.um_per_px, self.views),
            *(self.least_px, self.hole_px),
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    @staticmethod
    def _pixels(um2: float | None, px: int | None, um_per_px: float | None) -> int:
        if um2 is None or um_per_px is None:
            return px or 0
        return area_in_px(um2, um_per_px)
