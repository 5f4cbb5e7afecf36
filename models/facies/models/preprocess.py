"""Pixels to the network's input. The same code path for indexing and for queries: a vector depends on it.

The image is squashed to a square (its aspect is not kept), then cut to the central square that the network sees, as in
the protocol of the SCAMPI benchmark. The resize works on 8-bit values with antialiasing.

Source: https://github.com/equinor/scampi-benchmark
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from facies.core.errors import ImageError

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    from facies.models.cards import Interpolation, ModelCard


def prepare_image(
    pixels: NDArray[np.uint8], resize_px: int, input_px: int, interpolation: Interpolation
) -> torch.Tensor:
    """Squash an image to ``resize_px`` squared and cut out the central ``input_px`` squared.

    Args:
        pixels: shape (height, width, 3), uint8, any size from 1 x 1.
        resize_px: side of the square that the image is squashed to.
        input_px: side of the central square, at most `resize_px`.
        interpolation: antialiased filter.

    Returns:
        shape (3, input_px, input_px), uint8.

    Raises:
        ImageError: the array has another shape or dtype, or no pixels.
    """
    import torch

    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or pixels.size == 0:
        raise ImageError(
            f"expected pixels of shape (height, width, 3) and dtype uint8, got {pixels.shape} {pixels.dtype}"
        )
    # torch takes neither negative strides nor arrays that it may not write to; both are rare and copied.
    whole = pixels if pixels.flags.c_contiguous and pixels.flags.writeable else np.array(pixels, order="C")
    image = torch.from_numpy(whole).permute(2, 0, 1)[None]
    if image.shape[-2:] != (resize_px, resize_px):
        image = torch.nn.functional.interpolate(
            image, size=(resize_px, resize_px), mode=interpolation, antialias=True, align_corners=False
        )
    start = round((resize_px - input_px) / 2)
    return image[0, :, start : start + input_px, start : start + input_px]


def prepare_batch(images: Sequence[NDArray[np.uint8]], card: ModelCard) -> torch.Tensor:
    """Stack prepared images: shape (n, 3, input_px, input_px), uint8, channels last in memory."""
    import torch

    prepared = [prepare_image(image, card.resize_px, card.input_px, card.interpolation) for image in images]
    return torch.stack(prepared).contiguous(memory_format=torch.channels_last)


def normalise(batch: torch.Tensor, mean: Sequence[float], std: Sequence[float]) -> torch.Tensor:
    """Bring 8-bit values to float32 with the mean and standard deviation (of values in [0, 1]) that training used."""
    shift = batch.new_tensor(mean, dtype=_float32()).view(1, 3, 1, 1)
    scale = batch.new_tensor(std, dtype=_float32()).view(1, 3, 1, 1)
    return (batch.to(_float32()) / 255.0 - shift) / scale


def _float32() -> torch.dtype:
    import torch

    return torch.float32
