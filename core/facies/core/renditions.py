"""What is made from decoded pixels: thumbnails, lossless copies for viewers, crops."""

from __future__ import annotations

import io

import numpy as np
import simplejpeg
from PIL import Image

from facies.core.decoders.pixels import BLOCK_PIXELS, RgbImage
from facies.core.errors import QueryError

_THUMBNAIL_QUALITY = 82
"""With halved colour: half the bytes of 90, and no ringing that a person sees at this size."""


def make_thumbnail(pixels: RgbImage, longest_px: int) -> bytes:
    """Encode a small copy as JPEG; an image that is small already keeps its size.

    It takes about a millisecond, where WebP through a sharper filter took more than a network does: the image is
    averaged in whole squares down to between one and two times the size that is wanted, and then interpolated.

    Args:
        pixels: (height, width, 3) uint8.
        longest_px: longest side of the copy, in pixels.
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, longest_px / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = pixels
    if scale < 1:
        image = _average(pixels, max(height, width) // longest_px)
        small = np.asarray(image if image.size == size else image.resize(size, Image.Resampling.BILINEAR))
    return encode_jpeg(small, _THUMBNAIL_QUALITY, subsampling="420")


def encode_jpeg(pixels: RgbImage, quality: int, *, subsampling: str = "444") -> bytes:
    """Encode pixels (height, width, 3) as JPEG, 65,500 at most each way; ``444`` keeps colour at every pixel."""
    encoded: bytes = simplejpeg.encode_jpeg(
        np.ascontiguousarray(pixels), quality, colorspace="RGB", colorsubsampling=subsampling
    )
    return encoded


def halve(pixels: RgbImage) -> RgbImage:
    """Average squares of two pixels: (ceil(height / 2), ceil(width / 2), 3) uint8; an odd edge stands for itself."""
    return np.asarray(_average(pixels, 2))


def _average(pixels: RgbImage, factor: int) -> Image.Image:
    """Average squares of ``factor`` pixels, some rows at a time: Pillow holds a copy of what it works on."""
    height, width = pixels.shape[:2]
    step = factor * max(1, BLOCK_PIXELS // (factor * width))
    blocks = [Image.fromarray(pixels[top : top + step]).reduce(factor) for top in range(0, height, step)]
    return blocks[0] if len(blocks) == 1 else Image.fromarray(np.concatenate([np.asarray(block) for block in blocks]))


def encode_png(pixels: RgbImage) -> bytes:
    """Encode pixels (height, width, 3) without loss, for viewers that do not read the original's format."""
    buffer = io.BytesIO()
    # The lowest level that still filters rows: three times faster than the default for a tenth more bytes.
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()


def crop_image(pixels: RgbImage, *, x: int, y: int, width: int, height: int) -> RgbImage:
    """Cut a box out of an image, as an array of its own.

    Args:
        pixels: (height, width, 3) uint8.
        x: left edge of the box, pixels from the left.
        y: upper edge of the box, pixels from the top.
        width: pixels, at least 1.
        height: pixels, at least 1.

    Raises:
        QueryError: the box is empty or leaves the image.
    """
    full_height, full_width = pixels.shape[:2]
    if width < 1 or height < 1 or x < 0 or y < 0 or x + width > full_width or y + height > full_height:
        raise QueryError(
            f"the crop x={x}, y={y}, width={width}, height={height} does not lie inside the image of "
            f"{full_width} x {full_height} pixels"
        )
    return pixels[y : y + height, x : x + width].copy()
