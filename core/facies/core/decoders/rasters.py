"""JPEG, PNG, WebP, GIF and BMP: ordinary JPEG by libjpeg-turbo, ordinary PNG by libpng, everything else by Pillow.

Pillow's format classes are opened directly and not through `PIL.Image.open`, for three reasons. Exactly the format that
the content shows is tried. The pixel limit is ours: `Image.open` compares with a global of its own, raising or warning.
And nothing warns: warnings belong to the whole process, so in a decode thread they can be neither caught nor kept from
becoming errors. The two places that would still warn (EXIF resolution in JPEG, broken animation chunks in PNG) are cut
off below. `ImageFile.LOAD_TRUNCATED_IMAGES` stays False: half an image is no image.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import BmpImagePlugin, GifImagePlugin, Image, ImageFile, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from facies.core.decoders.exif import exif_of_png_text, exif_orientation
from facies.core.decoders.guards import check_pixels, decoder_errors
from facies.core.decoders.jpeg import decode_ordinary_jpeg, draft_reduction, upright_size
from facies.core.decoders.pixels import Raster, RgbImage, cmyk_to_rgb, find_clear, orient, over_white, row_blocks
from facies.core.decoders.png import clear_of_samples, decode_ordinary_png, rgb_of_samples
from facies.core.decoders.raster_headers import MAX_JPEG_SCANS, count_jpeg_scans, gif_size, still_png, webp_size
from facies.core.errors import UnreadableImageError


class _JpegImageFile(JpegImagePlugin.JpegImageFile):
    """A JPEG image whose resolution is not looked up in EXIF, which would warn where the EXIF block is damaged."""

    def _read_dpi_from_exif(self) -> None:
        """Leave the resolution alone; nobody asks for it."""


_OPENERS: dict[str, Callable[[io.BytesIO], ImageFile.ImageFile]] = {
    "JPEG": _JpegImageFile,
    "PNG": PngImagePlugin.PngImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
}
_CANVAS_SIZES: dict[str, Callable[[bytes, str], tuple[int, int]]] = {"WEBP": webp_size, "GIF": gif_size}
FORMATS = frozenset(_OPENERS)
"""The formats that `decode_raster` reads."""


def decode_raster(data: bytes, name: str, fmt: str, max_pixels: int, draft_px: int | None = None) -> Raster:
    """Decode the first image of a file: upright, alpha over white, 8-bit RGB.

    Args:
        data: the whole file.
        name: what to call it in errors.
        fmt: one of `FORMATS`, as the content shows it.
        max_pixels: limit, compared with the header before decoding.
        draft_px: of JPEG alone, see `facies.core.decoders.jpeg.draft_reduction`; None decodes the image whole.

    Raises:
        UnreadableImageError: damaged, truncated, or of a kind that is not read.
        ImageTooLargeError: the header declares more than `max_pixels` pixels.
    """
    with decoder_errors(name):
        _check_before_opening(data, name, fmt, max_pixels)
        ordinary = None
        if fmt == "JPEG":
            ordinary = decode_ordinary_jpeg(data, name, max_pixels, draft_px)
        elif fmt == "PNG":
            ordinary = decode_ordinary_png(data, name, max_pixels)
        return ordinary or _decode(data, name, fmt, max_pixels, draft_px)


def _decode(data: bytes, name: str, fmt: str, max_pixels: int, draft_px: int | None) -> Raster:
    source = io.BytesIO(still_png(data, name) if fmt == "PNG" else data)
    try:
        opened = _OPENERS[fmt](source)
    except SyntaxError as error:  # Pillow's way to say that a header is not what its format class expects
        raise UnreadableImageError(name, f"its {fmt} header cannot be read ({error})") from error
    except ValueError as error:  # of PNG alone: packed texts and profiles, which Pillow unpacks up to a limit
        raise UnreadableImageError(name, f"its {fmt} header holds packed text of more than a megabyte") from error
    width, height = opened.size
    check_pixels(name, width, height, max_pixels)
    reduction = draft_reduction(width, height, draft_px) if fmt == "JPEG" else 1
    if reduction > 1:
        opened.draft(None, (width // reduction, height // reduction))
    opened.load()
    orientation = exif_orientation(_exif_block(opened))
    if fmt == "PNG" and data[24] == 16:
        # Pillow cuts 16-bit colour to its upper byte; it has checked the file, libpng reads the values.
        opened.close()
        samples = imagecodecs.png_decode(data)
        samples = samples[..., None] if samples.ndim == 2 else samples
        clear = clear_of_samples(samples, orientation)
        return Raster(orient(rgb_of_samples(samples, 65535), orientation), "uint16 / 65535", clear=clear)
    alpha = np.full((opened.height, opened.width), 255, np.uint8) if opened.has_transparency_data else None
    pixels = orient(_rgb_of(opened, alpha), orientation)
    clear = None if alpha is None else find_clear(alpha, orientation)
    return Raster(pixels, "uint8", upright_size(width, height, orientation), clear)


def _check_before_opening(data: bytes, name: str, fmt: str, max_pixels: int) -> None:
    """Check what opening alone would act upon: canvases that are allocated or measured at once, and endless scans."""
    if fmt == "JPEG" and count_jpeg_scans(data) > MAX_JPEG_SCANS:
        raise UnreadableImageError(name, f"it holds more than {MAX_JPEG_SCANS} scans, as no camera or scanner writes")
    if fmt in _CANVAS_SIZES:
        width, height = _CANVAS_SIZES[fmt](data, name)
        check_pixels(name, width, height, max_pixels)
        limit = Image.MAX_IMAGE_PIXELS
        if limit is not None and width * height > limit:
            # Pillow measures these canvases by a limit of its own while it opens them, and warns above it.
            raise UnreadableImageError(name, f"{fmt} is read up to {limit:,} pixels; save it as PNG or TIFF")


def _exif_block(opened: Image.Image) -> bytes:
    block = opened.info.get("exif", b"")
    if not block and isinstance(opened, PngImagePlugin.PngImageFile):
        return exif_of_png_text(opened.info.get("Raw profile type exif"))
    return bytes(block)


def _rgb_of(opened: Image.Image, alpha: NDArray[np.uint8] | None) -> RgbImage:
    """Convert a loaded Pillow image block by block, so that only the result is held beside the source.

    Where the image has transparency, `alpha` is filled with it.
    """
    width, height = opened.size
    result = np.empty((height, width, 3), np.uint8)
    # Adobe programs store CMYK JPEG inverted and say so by their marker; Pillow takes every file for one of theirs.
    plain_cmyk = opened.mode == "CMYK" and "adobe" not in opened.info
    for rows in row_blocks(height, width):
        block = opened.crop((0, rows.start, width, rows.stop))
        if opened.mode == "CMYK":
            inks = np.asarray(block)
            result[rows] = cmyk_to_rgb(255 - inks if plain_cmyk else inks, 255)
        elif alpha is not None:
            samples = np.asarray(block.convert("RGBA"))
            alpha[rows] = samples[..., 3]
            result[rows] = over_white(samples[..., :3], samples[..., 3], 255)
        else:
            result[rows] = np.asarray(block.convert("RGB"))
    return result
