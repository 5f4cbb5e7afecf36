"""Arithmetic that brings samples of any depth to 8-bit RGB: depth, alpha, CMYK, orientation.

All of it is exact integer arithmetic with one rounding at the end, so the result does not depend on the machine.
Nothing here looks at the values of an image to choose a range: two images of one file kind stay comparable.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

RgbImage: TypeAlias = NDArray[np.uint8]
"""Pixels of shape (height, width, 3), uint8, upright, without alpha."""

Samples: TypeAlias = NDArray[np.unsignedinteger]
"""Unsigned samples as a file holds them, last axis the channels where there are several."""

BLOCK_PIXELS = 1 << 20
"""Pixels converted at a time: temporary arrays stay at a few megabytes, whatever the size of the image."""


_Value = TypeVar("_Value", bound=np.generic)


class Raster(NamedTuple):
    """One decoded page: its pixels, the rule that brought the values to 8 bits, and how large it is in the file.

    ``size`` is width and height after orientation; None where the pixels are the whole of them. ``clear`` is
    (height, width) bool, the pixels that are wholly transparent; None where there are none.
    """

    pixels: RgbImage
    scaling: str
    size: tuple[int, int] | None = None
    clear: NDArray[np.bool_] | None = None


def row_blocks(height: int, width: int) -> Iterator[slice]:
    """Cut rows 0 to `height` into slices of about `BLOCK_PIXELS` pixels each."""
    step = max(1, BLOCK_PIXELS // width)
    return (slice(start, min(start + step, height)) for start in range(0, height, step))


def scale_to_uint8(samples: NDArray[np.integer] | NDArray[np.bool_], maximum: int) -> NDArray[np.uint8]:
    """Map [0, maximum] linearly to [0, 255], rounding to the nearest.

    Args:
        samples: unsigned integers or booleans of any shape, none above `maximum`.
        maximum: the largest value of the declared depth, ``2**bits - 1``, or its square. It is odd, so no value lies
            halfway.

    Returns:
        ``round(samples * 255 / maximum)``, same shape.

    Example:
        >>> scale_to_uint8(np.array([0, 257, 32768, 65535], np.uint16), 65535).tolist()
        [0, 1, 128, 255]
    """
    if maximum == 255:
        return samples.astype(np.uint8, copy=False)
    if maximum <= 65535:
        # A table of every value is several times faster than dividing each sample.
        table = ((np.arange(maximum + 1, dtype=np.uint32) * 255 + maximum // 2) // maximum).astype(np.uint8)
        return table[samples.astype(np.uint16, copy=False)]
    wide = samples.astype(np.uint64)
    return ((wide * np.uint64(255) + np.uint64(maximum // 2)) // np.uint64(maximum)).astype(np.uint8)


def over_white(colour: Samples, alpha: Samples, maximum: int, *, premultiplied: bool = False) -> NDArray[np.uint8]:
    """Lay colours over white and bring them to 8 bits.

    Args:
        colour: shape (height, width, channels), values in [0, maximum].
        alpha: shape (height, width), 0 transparent, `maximum` opaque.
        maximum: the largest value of the declared depth, at most 65535.
        premultiplied: the colours hold colour times alpha already (associated alpha).

    Returns:
        shape of `colour`, uint8.

    Source: Porter & Duff (1984), "Compositing digital images", operator *over*.
    """
    if (alpha == maximum).all():
        return scale_to_uint8(colour, maximum)
    # The narrowest type that holds maximum squared, and a table instead of a division where that is 16 bits.
    wide = np.uint16 if maximum <= 255 else np.uint64
    value: NDArray[Any] = colour.astype(wide)
    cover: NDArray[Any] = alpha.astype(wide)[..., None]
    top: Any = wide(maximum)  # numpy's types tell no arithmetic between one of two widths
    if premultiplied:
        # A colour above its alpha is out of the model; it is cut at white instead of wrapping round.
        return scale_to_uint8(np.minimum(value + (top - cover), top), maximum)
    blended: NDArray[Any] = value * cover + top * (top - cover)
    if maximum <= 255:
        return scale_to_uint8(blended, maximum * maximum)
    area = top * top
    scaled: NDArray[np.uint8] = ((blended * wide(255) + area // wide(2)) // area).astype(np.uint8)
    return scaled


def find_clear(alpha: Samples, orientation: int = 1) -> NDArray[np.bool_] | None:
    """Find the pixels that are wholly transparent, turned upright; None where there are none."""
    if alpha.min() > 0:  # of most files with alpha, without an array of their size
        return None
    clear: NDArray[np.bool_] = alpha == 0
    return orient(clear, orientation)


def cmyk_to_rgb(inks: Samples, maximum: int) -> Samples:
    """Turn ink into light without a colour profile: each of cyan, magenta and yellow dims its light, black dims all.

    Args:
        inks: shape (height, width, 4), 0 no ink, `maximum` full ink.
        maximum: the largest value of the declared depth, at most 65535.

    Returns:
        shape (height, width, 3), the dtype of `inks`, values in [0, maximum].
    """
    left = np.uint64(maximum) - inks.astype(np.uint64)
    light = (left[..., :3] * left[..., 3:] + np.uint64(maximum // 2)) // np.uint64(maximum)
    return light.astype(inks.dtype)


def orient(pixels: NDArray[_Value], orientation: int) -> NDArray[_Value]:
    """Turn stored pixels upright as an EXIF or TIFF orientation tag (1-8) asks; any other value changes nothing.

    Source: TIFF 6.0, tag 274; Exif 2.3, tag 0x0112.
    """
    match orientation:
        case 2:
            turned = pixels[:, ::-1]
        case 3:
            turned = pixels[::-1, ::-1]
        case 4:
            turned = pixels[::-1]
        case 5:
            turned = pixels.swapaxes(0, 1)
        case 6:
            turned = np.rot90(pixels, -1)
        case 7:
            turned = pixels[::-1, ::-1].swapaxes(0, 1)
        case 8:
            turned = np.rot90(pixels, 1)
        case _:
            turned = pixels
    return np.ascontiguousarray(turned)
