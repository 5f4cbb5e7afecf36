"""Feature maps of the default card with values that chance gives: no network is run."""

from __future__ import annotations

import numpy as np

from facies.models.segmentation.cards import card
from facies.models.segmentation.feature_maps import FeatureMaps

STEM = card("lite0-stem-3")


def maps(height: int, width: int, seed: int = 0) -> FeatureMaps:
    """Maps with the places that the card's network gives, of the values that chance gives."""
    rng = np.random.default_rng(seed)
    step = STEM.coarsest_stride
    down, across = -(-height // step) * step, -(-width // step) * step
    arrays = tuple(
        rng.normal(size=(one.channels, down // one.stride, across // one.stride)).astype(np.float16)
        for one in STEM.geometry
    )
    return FeatureMaps(arrays, STEM.geometry, (0,) * len(arrays), 0, height, width)
