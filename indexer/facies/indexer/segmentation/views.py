"""Test-time views: an image is predicted as it is, mirrored and turned, and the probabilities are averaged.

A polished section has no up and no down, and the trees see features that are not quite the same when the image is
turned. The views are exact permutations of the pixels, so nothing is resampled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import SegmentationError
from facies.core.images import RgbImage

ProbabilityImage: TypeAlias = NDArray[np.float32]
"""Shape (height, width, classes), float32, each pixel a distribution."""

_Scalar = TypeVar("_Scalar", bound=np.generic)


@dataclass(frozen=True, slots=True)
class View:
    """One of the eight ways to lay a rectangle of square pixels.

    Attributes:
        quarter_turns: counter-clockwise, 0 to 3.
        is_mirrored: left and right are exchanged before the turn.
    """

    quarter_turns: int = 0
    is_mirrored: bool = False

    def lay(self, array: NDArray[_Scalar]) -> NDArray[_Scalar]:
        """Turn an image into this view: rows and columns are the first two axes; a view of the same memory."""
        return np.rot90(array[:, ::-1] if self.is_mirrored else array, self.quarter_turns)

    def lay_back(self, array: NDArray[_Scalar]) -> NDArray[_Scalar]:
        """Undo `lay`."""
        turned = np.rot90(array, -self.quarter_turns)
        return turned[:, ::-1] if self.is_mirrored else turned


VIEW_SETS: Mapping[str, tuple[View, ...]] = {
    "none": (View(),),
    "flips": (View(), View(is_mirrored=True), View(2), View(2, is_mirrored=True)),
    "all": tuple(View(turns, mirrored) for mirrored in (False, True) for turns in range(4)),
}
"""``flips``: as it is, mirrored in each direction, and in both. ``all``: the turns by a quarter too."""


def find_views(name: str) -> tuple[View, ...]:
    """Look a set of views up by name.

    Raises:
        SegmentationError: no set has this name.
    """
    if name not in VIEW_SETS:
        raise SegmentationError(f"no set of views is called {name!r}; there are {', '.join(VIEW_SETS)}")
    return VIEW_SETS[name]


def predict_by_views(
    image: RgbImage, predict: Callable[[RgbImage], ProbabilityImage], views: tuple[View, ...]
) -> ProbabilityImage:
    """Predict an image in several views and average the probabilities where the pixels belong.

    Args:
        image: (height, width, 3) uint8.
        predict: gives an image's probabilities; it gets a contiguous copy of each view.
        views: at least one; each costs one prediction.

    Returns:
        shape (height, width, classes), float32. The sum is kept in float64, so views that agree change nothing.

    Raises:
        SegmentationError: there are no views, or a prediction has another size than its image.
    """
    if not views:
        raise SegmentationError("an image is to be predicted in no view at all; expected at least one")
    total = _predict_view(image, predict, views[0]).astype(np.float64)
    for view in views[1:]:
        total += _predict_view(image, predict, view)
    total /= len(views)
    return total.astype(np.float32)


def _predict_view(image: RgbImage, predict: Callable[[RgbImage], ProbabilityImage], view: View) -> ProbabilityImage:
    laid = np.ascontiguousarray(view.lay(image))
    probabilities = predict(laid)
    if probabilities.ndim != 3 or probabilities.shape[:2] != laid.shape[:2]:
        raise SegmentationError(
            f"the prediction of an image of {laid.shape[0]} rows and {laid.shape[1]} columns has the shape "
            f"{probabilities.shape}; expected one distribution for each pixel"
        )
    return view.lay_back(probabilities)
