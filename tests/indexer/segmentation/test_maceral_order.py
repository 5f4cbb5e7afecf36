"""What is wanted of photomicrographs, and what makes no sense."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facies.core.errors import ConfigurationError, SegmentationError
from facies.indexer.segmentation.maceral_order import MaceralOrder
from facies.indexer.segmentation.pictures import Picture

PICTURE = Picture("a.png", "ab" * 32, np.zeros((2, 3, 3), np.uint8))


def order(**how: Any) -> MaceralOrder:
    return MaceralOrder(Path("m"), (Path("a.png"),), Path("out"), **how)


def test_areas_in_um2_become_pixels_by_the_scale() -> None:
    wanted = order(um_per_px=0.5, min_area_um2=25, max_hole_um2=10.1)
    assert (wanted.least_px, wanted.hole_px) == (100, 40)
    assert wanted.mm_per_px == pytest.approx(0.0005)
    assert (order(min_area_px=7, max_hole_px=3).least_px, order(min_area_px=7, max_hole_px=3).hole_px) == (7, 3)
    assert (order().least_px, order().hole_px) == (0, 0)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"min_area_um2": 5}, "--min-area-um2 needs --um-per-px"),
        ({"max_hole_um2": 5}, "--max-hole-um2 needs --um-per-px"),
        ({"um_per_px": 0.5, "min_area_um2": 5, "min_area_px": 3}, "both given"),
        ({"um_per_px": 0}, "more than 0"),
        ({"um_per_px": float("nan")}, "more than 0"),
        ({"um_per_px": 1e-200}, r"from 0\.001 to 10000"),
    ],
)
def test_what_contradicts_itself_is_refused(how: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        order(**how)


def test_unknown_views_and_no_image_are_refused() -> None:
    with pytest.raises(SegmentationError, match="no set of views"):
        order(views="mirrors")
    with pytest.raises(ConfigurationError, match="no image"):
        MaceralOrder(Path("m"), (), Path("out"))


def test_what_files_depend_on_is_told_apart_and_nothing_else() -> None:
    base = order(um_per_px=0.5).fingerprint("m", PICTURE, 0)
    assert order(um_per_px=0.5, min_area_um2=0).fingerprint("m", PICTURE, 0) == base
    others = [
        order().fingerprint("m", PICTURE, 0),
        order(um_per_px=0.5, views="flips").fingerprint("m", PICTURE, 0),
        order(um_per_px=0.5, min_area_um2=25).fingerprint("m", PICTURE, 0),
        order(um_per_px=0.5, max_hole_um2=25).fingerprint("m", PICTURE, 0),
        order(um_per_px=0.5).fingerprint("n", PICTURE, 0),
        order(um_per_px=0.5).fingerprint("m", PICTURE, 1),
    ]
    assert len({base, *others}) == 7
