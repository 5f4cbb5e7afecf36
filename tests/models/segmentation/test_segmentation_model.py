from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from facies.core.errors import ModelMapsMismatchError, SegmentationModelError
from facies.core.segmentation import ClassTable
from facies.models.segmentation.drift import ImageStatistics
from facies.models.segmentation.linear import LinearPixels
from facies.models.segmentation.segmentation_model import SegmentationModel, TrainedOn

MODEL = SegmentationModel(
    task="macerals",
    card="lite0-stem-3",
    maps_fingerprint="first",
    classes=ClassTable.of_names(["resin", "vitrinite"]),
    kind="linear",
    classifier=LinearPixels(np.ones((3, 2), np.float32), np.zeros(2, np.float32)),
    training=ImageStatistics(np.zeros(3), np.ones(3), 0.1),
    created="2026-11-22T12:00:00+00:00",
    facies_version="0.1.0",
)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"classes": ClassTable.of_names(["a", "b", "c"])}, "tells 2 classes apart, the table has 3"),
        ({"training": ImageStatistics(np.zeros(4), np.ones(4), 0.1)}, "4 features, the classifier takes 3"),
        ({"trained_on": (TrainedOn("a.png", "0" * 64, 1, 1, (1,)),)}, "other classes"),
        ({"smoothing_mm": 1.0, "smoothing_px": 1.0}, "both"),
        ({"smoothing_px": -1.0}, "smoothing_px is -1"),
        ({"smoothing_px": 1e18}, "smoothing_px is 1e\\+18 pixels, expected a radius of 0"),
        ({"smoothing_mm": float("nan")}, "smoothing_mm"),
        ({"mm_per_px": 0.0}, "more than 0"),
    ],
)
def test_parts_that_do_not_fit_are_refused(change: dict[str, Any], match: str) -> None:
    with pytest.raises(SegmentationModelError, match=match):
        replace(MODEL, **change)


def test_the_smoothing_keeps_its_size_in_the_rock() -> None:
    """An image at half the scale of training has half as many cells in a millimetre."""
    in_mm = replace(MODEL, smoothing_mm=3.0, mm_per_px=0.25)
    assert in_mm.radius_cells(2, None) == 6
    assert in_mm.radius_cells(4, None) == 3
    assert in_mm.radius_cells(2, 0.5) == 3
    assert replace(MODEL, smoothing_px=5.0, mm_per_px=0.25).radius_cells(2, 0.5) == 2.5
    assert MODEL.radius_cells(2, 0.5) == 0
    assert replace(MODEL, smoothing_mm=0.0).radius_cells(2, None) == 0


def test_millimetres_without_a_scale_are_told() -> None:
    with pytest.raises(SegmentationModelError, match="neither it nor the image has a scale"):
        replace(MODEL, smoothing_mm=3.0).radius_cells(2, None)


def test_millimetres_that_are_too_many_pixels_are_told() -> None:
    assert replace(MODEL, smoothing_mm=3.0).radius_cells(2, 0.003) == pytest.approx(500)
    for scale in (0.0029, 1e-300, 5e-324):
        with pytest.raises(SegmentationModelError, match=r"smoothing of 3 mm at .* mm a pixel is .* to 1000 pixels"):
            replace(MODEL, smoothing_mm=3.0).radius_cells(2, scale)


def test_maps_of_another_card_or_of_other_weights_are_refused() -> None:
    MODEL.check_maps("lite0-stem-3", "first")
    with pytest.raises(ModelMapsMismatchError, match=r"another card: lite0-stem-3, offered are those of vgg16"):
        MODEL.check_maps("vgg16-pool1-pool2", "first")
    with pytest.raises(ModelMapsMismatchError, match="another weights or arithmetic: first"):
        MODEL.check_maps("lite0-stem-3", "second")
