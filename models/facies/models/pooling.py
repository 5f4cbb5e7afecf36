"""From a network's outputs to rows: intermediate maps pooled, layers put one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import ModelError, RecipeError

if TYPE_CHECKING:
    from facies.models.recipes import Layer, Pool
    from facies.models.runtimes.base import Outputs

Rows: TypeAlias = NDArray[np.float32]

_FEATURE_MAP_AXES = 5
_GEM_EXPONENT = 3.0
_GEM_FLOOR = 1e-6
_TOO_SHORT = 1e-12


def pool_map(values: Rows, pools: Sequence[Pool]) -> Rows:
    """Pool an intermediate map of n images in v views.

    Args:
        values: feature maps (n, v, channels, height, width), or tokens (n, v, tokens, channels) of a transformer:
            class token, register tokens if any, then a square of patch tokens.
        pools: ``mean``, ``std`` (of the population) and ``gem`` pool over places or patches, ``class`` takes the class
            token.

    Returns:
        shape (n, v, channels * len(pools)), float32.

    Raises:
        RecipeError: ``class`` of a network without tokens.

    Source: of ``gem``, Radenović, Tolias & Chum (2019): Fine-tuning CNN image retrieval with no human annotation, 3.2.
    """
    if values.ndim == _FEATURE_MAP_AXES:
        if "class" in pools:
            raise RecipeError("class", "the network has feature maps, no class token; pool them by mean, std or gem")
        places = values.reshape(*values.shape[:3], values.shape[3] * values.shape[4])
        parts = [_pool(places, pool, axis=-1) for pool in pools]
    else:
        patches = values[:, :, values.shape[2] - isqrt(values.shape[2]) ** 2 :]
        parts = [values[:, :, 0] if pool == "class" else _pool(patches, pool, axis=2) for pool in pools]
    return np.concatenate(parts, axis=-1)


def take_layers(outputs: Outputs, layers: Sequence[Layer], maps: Sequence[str]) -> list[Rows]:
    """The rows of each layer, (n, v, k) with k of its own; ``maps`` are all that the network has."""
    rows = []
    for layer in layers:
        place = layer.find_map(maps)
        rows.append(outputs.embedding if place is None else pool_map(outputs.maps[place], layer.pools))
    return rows


def join_layers(rows: Sequence[Rows], weights: Sequence[float], network: str) -> Rows:
    """Put layers one after the other so that the mean over an image's views has unit length.

    Each layer is scaled by one number an image, such that its mean over the views has its weight for a length; then
    all by one more.

    Args:
        rows: by layer, shape (n, v, k), float32.
        weights: by layer, above 0.
        network: its name, for errors.

    Returns:
        shape (n, v, sum of k), float32. Its mean over the views are unit rows (n, sum of k).

    Raises:
        ModelError: a layer of an image has no direction (not finite, or all zeros).
    """
    total = float(np.sqrt(sum(weight**2 for weight in weights)))
    parts = []
    for layer, weight in zip(rows, weights, strict=True):
        lengths = np.linalg.norm(layer.mean(axis=1), axis=1)
        bad = np.flatnonzero(~(np.isfinite(lengths) & (lengths > _TOO_SHORT)))
        if len(bad):
            raise ModelError(
                f"{network} gave a vector without direction for image {bad[0]} of {len(lengths)} (length "
                f"{lengths[bad[0]]}); expected finite numbers, not all zero. The weights are damaged or are not those "
                "of the card."
            )
        parts.append(layer / (lengths / np.float32(weight / total))[:, None, None])
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-1)


def _pool(values: Rows, pool: Pool, axis: int) -> Rows:
    mean: Rows = values.mean(axis=axis)
    if pool == "mean":
        return mean
    if pool == "gem":
        raised = np.maximum(values, np.float32(_GEM_FLOOR)) ** np.float32(_GEM_EXPONENT)
        root: Rows = np.cbrt(raised.mean(axis=axis))
        return root
    # The mean of squares less the square of the mean: one pass less over the map than numpy's own, which takes as long
    # as a tenth of the network; activations lie far from where that would lose digits.
    squares = np.einsum("...p,...p->...", values, values) if axis == -1 else np.einsum("nvpc,nvpc->nvc", values, values)
    deviation: Rows = np.sqrt(np.maximum(squares / np.float32(values.shape[axis]) - mean**2, 0))
    return deviation
