"""Scales that are plausible."""

from __future__ import annotations

import math

import pytest

from facies.core.errors import ConfigurationError, DepthError
from facies.indexer.segmentation.scales import check_mm_per_px, check_um_per_px, note_wide_smoothing


def test_scales_of_cameras_and_microscopes_are_taken() -> None:
    for mm in (None, 1e-6, 0.05, 0.5, 100):
        check_mm_per_px(mm)
    for um in (None, 1e-3, 0.25, 1e4):
        check_um_per_px(um)


@pytest.mark.parametrize("scale", [-0.5, 0.0, 1e-300, 1e5, math.inf, math.nan])
def test_scales_of_none_are_refused_with_what_is_expected(scale: float) -> None:
    with pytest.raises(ConfigurationError, match=r"--mm-per-px is .*millimetres a pixel.*1e-06 to 100; divide"):
        check_mm_per_px(scale)
    with pytest.raises(DepthError, match=r"of a is .*micrometres a pixel.*0\.001 to 10000; divide"):
        check_um_per_px(scale, "um_per_px of a", DepthError)


def test_a_smoothing_that_is_wider_than_an_image_is_noted() -> None:
    assert note_wide_smoothing("a.png", 64, (200, 64)) == []
    (note,) = note_wide_smoothing("a.png", 65, (200, 64))
    assert "a.png: the smoothing has a radius of 65 pixels, and the image is 64 pixels" in note
