"""Pixels to the network's input. The same code path for indexing and for queries: a vector depends on it.

The image is squashed to a square (its aspect is not kept), then cut to the square that the network sees: the central
one, as in the protocol of the SCAMPI benchmark, or several, turned and mirrored, from one decode. The resize works on
8-bit values with antialiasing; torch does it in the calling thread alone, however many threads it may use elsewhere.

Source: https://github.com/equinor/scampi-benchmark
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facies.core.errors import ConfigurationError, ImageError

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    from facies.models.cards import Interpolation, ModelCard, Resizing


@dataclass(frozen=True, slots=True)
class View:
    """One way of looking at an image.

    Attributes:
        resize_px: the image is squashed to this square first; the larger, the closer the look.
        input_px: side of the square that is cut out of it, at most `resize_px`.
        across: where it is cut out, from 0 (left edge) over 0.5 (centre) to 1 (right edge).
        down: as `across`, from the top to the bottom.
        quarter_turns: the cut-out is turned anticlockwise so often, 0 to 3.
        mirrored: and then mirrored, left for right.
    """

    resize_px: int
    input_px: int
    across: float = 0.5
    down: float = 0.5
    quarter_turns: int = 0
    mirrored: bool = False


def central_view(card: ModelCard) -> View:
    """The view of a card: the centre of the squashed image, upright."""
    return View(card.resize_px, card.input_px)


def dihedral_views(view: View) -> tuple[View, ...]:
    """The eight views that turning by right angles and mirroring make of one; the first is the view itself."""
    return tuple(
        View(view.resize_px, view.input_px, view.across, view.down, (view.quarter_turns + turns) % 4, mirrored)
        for mirrored in (view.mirrored, not view.mirrored)
        for turns in range(4)
    )


def common_input_px(views: Sequence[View]) -> int:
    """The side that all views share, since they go through the network together.

    Raises:
        ConfigurationError: there is no view, or their sides differ.
    """
    sides = sorted({view.input_px for view in views})
    if len(sides) != 1:
        raise ConfigurationError(f"views that are embedded together have one input size; got {sides or 'no view'}")
    return sides[0]


def prepare_views(
    pixels: NDArray[np.uint8], views: Sequence[View], interpolation: Interpolation, resizing: Resizing = "fast"
) -> NDArray[np.uint8]:
    """Look at one image in several ways; it is squashed once for each `View.resize_px`.

    Args:
        pixels: shape (height, width, 3), uint8, any size from 1 x 1.
        views: all of one `View.input_px`.
        interpolation: antialiased filter.
        resizing: ``reference`` resizes with Pillow, to the last bit as the published protocols do.

    Returns:
        shape (views, 3, input_px, input_px), uint8.

    Raises:
        ImageError: the array has another shape or dtype, or no pixels.
        ConfigurationError: the views differ in their input size.
    """
    side = common_input_px(views)
    squash = squash_image if resizing == "fast" else squash_with_pillow
    squashed = {px: squash(pixels, px, interpolation)[0] for px in {view.resize_px for view in views}}
    result = np.empty((len(views), 3, side, side), dtype=np.uint8)
    for row, view in zip(result, views, strict=True):
        row[...] = turn(cut_out(squashed[view.resize_px], view), view).numpy()
    return result


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
    return cut_out(squash_image(pixels, resize_px, interpolation)[0], View(resize_px, input_px))


def squash_image(pixels: NDArray[np.uint8], resize_px: int, interpolation: Interpolation) -> torch.Tensor:
    """Squash an image (height, width, 3) uint8 to a square; shape (1, 3, resize_px, resize_px), uint8.

    Raises:
        ImageError: the array has another shape or dtype, or no pixels.
    """
    import torch

    check_pixels(pixels)
    # torch takes neither negative strides nor arrays that it may not write to; both are rare and copied.
    whole = pixels if pixels.flags.c_contiguous and pixels.flags.writeable else np.array(pixels, order="C")
    image = torch.from_numpy(whole).permute(2, 0, 1)[None]
    if image.shape[-2:] == (resize_px, resize_px):
        return image
    return torch.nn.functional.interpolate(
        image, size=(resize_px, resize_px), mode=interpolation, antialias=True, align_corners=False
    )


def squash_with_pillow(pixels: NDArray[np.uint8], resize_px: int, interpolation: Interpolation) -> torch.Tensor:
    """As `squash_image`, by Pillow: arguments, result and errors are the same, values differ by a step or two."""
    import torch
    from PIL import Image

    check_pixels(pixels)
    resample = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}[interpolation]
    resized = Image.fromarray(pixels).resize((resize_px, resize_px), resample)
    return torch.from_numpy(np.array(resized)).permute(2, 0, 1)[None]


def check_pixels(pixels: NDArray[np.uint8]) -> None:
    """Refuse what is no image.

    Raises:
        ImageError: the array has another shape or dtype than (height, width, 3) uint8, or no pixels.
    """
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or pixels.size == 0:
        raise ImageError(
            f"expected pixels of shape (height, width, 3) and dtype uint8, got {pixels.shape} {pixels.dtype}"
        )


def cut_out(squashed: torch.Tensor, view: View) -> torch.Tensor:
    """Cut the square of a view out of (..., resize_px, resize_px), before it is turned."""
    slack = view.resize_px - view.input_px
    top, left = round(slack * view.down), round(slack * view.across)
    return squashed[..., top : top + view.input_px, left : left + view.input_px]


def turn(square: torch.Tensor, view: View) -> torch.Tensor:
    """Turn and mirror the cut-out (..., input_px, input_px) of a view."""
    if view.quarter_turns:
        square = square.rot90(view.quarter_turns, (-2, -1))
    return square.flip(-1) if view.mirrored else square


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
