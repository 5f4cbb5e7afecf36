"""TIFF through tifffile and imagecodecs: any depth, palette, planes, CMYK, alpha; strict about what is missing.

tifffile is lenient by design: strips that a damaged file lacks are left out, and the array keeps whatever the memory
held. So every strip and tile is accounted for here before one is decoded, and a file that lacks any is refused.
"""

from __future__ import annotations

import io
import logging
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from facies.core.decoders.guards import check_pixels, decoder_errors
from facies.core.decoders.pixels import (
    Raster,
    RgbImage,
    Samples,
    cmyk_to_rgb,
    find_clear,
    orient,
    over_white,
    row_blocks,
    scale_to_uint8,
)
from facies.core.decoders.tiff_directory import Directory
from facies.core.decoders.tiff_layout import CMYK, MINISWHITE, RGB, YCBCR, Layout, read_layout
from facies.core.decoders.tiff_segments import check_memory, check_segments
from facies.core.errors import UnreadableImageError

# tifffile describes damage in its log; the file is then refused with a reason, so the log need not reach stderr too.
logging.getLogger("tifffile").addHandler(logging.NullHandler())


def decode_tiff_page(data: bytes, name: str, directory: Directory, max_pixels: int) -> Raster:
    """Decode one page: upright, alpha over white, 8-bit RGB.

    Values are divided by the largest value of the declared bit depth (floats by 1, and only where all lie in [0, 1]).

    Args:
        data: the whole file.
        name: what to call it in errors.
        directory: the page, as `facies.core.decoders.tiff_directory.read_directories` found it.
        max_pixels: limit for the page, for its tiles, and (times 8 bytes) for its samples.

    Raises:
        UnreadableImageError: damaged, truncated, or of a kind that is not read.
        ImageTooLargeError: the page declares more than the limit.
    """
    with decoder_errors(name), tifffile.TiffFile(io.BytesIO(data)) as file:
        file.filehandle.seek(directory.offset)
        page = tifffile.TiffPage(file, index=0)
        check_pixels(name, page.imagewidth, page.imagelength, max_pixels)
        layout = read_layout(page, name)
        check_memory(page, name, max_pixels)
        check_segments(page, name, data)
        samples = page.asarray(maxworkers=1)  # one thread: the caller decodes several files at a time
        if page.axes == "YX":
            samples = samples[..., None]
        elif page.axes == "SYX":
            samples = np.moveaxis(samples, 0, -1)
        pixels = _rgb_of(samples, layout, name)
        orientation = int(page.tags.valueof(274, 1))
        clear = None if layout.alpha is None else find_clear(samples[..., layout.alpha], orientation)
        return Raster(orient(pixels, orientation), layout.scaling, clear=clear)


def _rgb_of(samples: NDArray[Any], layout: Layout, name: str) -> RgbImage:
    if _is_rgb(samples, layout):
        return samples  # the largest images are of this kind, so they are not copied
    height, width = samples.shape[:2]
    result = np.empty((height, width, 3), np.uint8)
    for rows in row_blocks(height, width):
        block = samples[rows]
        if layout.is_float:
            block = _bytes_of_floats(block, name)
        elif block.dtype == np.bool_:
            block = block.view(np.uint8)
        colour = _light(block[..., : layout.colours], layout)
        if layout.alpha is not None:
            alpha = block[..., layout.alpha]
            result[rows] = over_white(colour, alpha, layout.maximum, premultiplied=layout.premultiplied)
        elif layout.palette is not None:
            result[rows] = colour
        else:
            result[rows] = scale_to_uint8(colour, layout.maximum)
    return result


def _is_rgb(samples: NDArray[Any], layout: Layout) -> bool:
    plain = layout.photometric in {RGB, YCBCR} and layout.maximum == 255 and layout.alpha is None
    return plain and samples.dtype == np.uint8 and samples.shape[2] == 3 and samples.flags.c_contiguous


def _light(colour: Samples, layout: Layout) -> Samples:
    """Turn the colour samples into light: 1 or 3 channels, 0 dark."""
    if layout.palette is not None:
        return layout.palette[colour[..., 0]]
    if layout.photometric == MINISWHITE:
        dark: Samples = np.subtract(layout.maximum, colour, dtype=colour.dtype)
        return dark
    if layout.photometric == CMYK:
        return cmyk_to_rgb(colour, layout.maximum)
    return colour


def _bytes_of_floats(block: NDArray[Any], name: str) -> NDArray[np.uint8]:
    low, high = float(block.min()), float(block.max())
    if not (low >= 0 and high <= 1):  # in this form NaN is refused too
        raise UnreadableImageError(
            name,
            f"its floating-point samples reach from {low:g} to {high:g}, expected all in [0, 1]; divide them by their "
            "full scale first, the same for all images that are to be compared",
        )
    scaled: NDArray[np.uint8] = np.rint(block.astype(np.float64) * 255).astype(np.uint8)
    return scaled
