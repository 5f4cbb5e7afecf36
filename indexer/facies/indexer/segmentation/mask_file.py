"""Masks and label images as files: one class id a pixel, in an indexed or greyscale PNG or a `.npy` file."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from facies.core.decoders.guards import check_pixels, decoder_errors
from facies.core.decoders.raster_headers import still_png
from facies.core.errors import ConfigurationError, MaskError
from facies.core.images import sniff_format
from facies.core.new_files import new_file
from facies.core.segmentation import ClassTable

MAX_PIXELS: Final = 400_000_000
"""Of a mask; a section of core of 40,000 by 4,000 pixels has less than half as many."""
_MAX_BYTES: Final = 2**31
_COMPRESSION: Final = 6
_LEVEL_OF_BITS: Final = {1: 255, 2: 85, 4: 17}
"""Pillow stretches grey values of so many bits over 0 to 255 by these factors; ids are the values in the file."""


def read_mask(path: Path, *, max_pixels: int = MAX_PIXELS) -> NDArray[np.int32]:
    """Read a mask of class ids.

    Ids are what the file holds: indices of an indexed PNG whatever its colours, grey values of a greyscale PNG,
    numbers of a ``.npy`` file. Nothing is scaled, and colours are never guessed.

    Returns:
        (height, width), ids of 0 or more.

    Raises:
        MaskError: the file cannot be read, or holds colours, fractions, or something else.
        ImageError: it is a damaged PNG file, or one of more than `max_pixels`.
    """
    data = read_bounded(path)
    if path.suffix.lower() == ".npy":
        return _read_npy(data, path.name, max_pixels)
    pixels = open_label_png(data, path.name, max_pixels)
    if pixels.ndim == 3:
        raise MaskError(path.name, "it holds colours, from which ids do not follow")
    return pixels.astype(np.int32)


def read_bounded(path: Path) -> bytes:
    """Read a whole file of labels or ids.

    Raises:
        MaskError: it cannot be read, or is larger than any such file.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise MaskError(path.name, f"it has more than {_MAX_BYTES:,} bytes")
        return path.read_bytes()
    except OSError as error:
        raise MaskError(path.name, f"it cannot be read ({error.strerror or error})") from error


def open_label_png(data: bytes, name: str, max_pixels: int) -> NDArray[np.uint8]:
    """Read a PNG file as it is.

    Returns:
        (height, width) ids of an indexed or greyscale file, or (height, width, 4) red, green, blue and opacity.

    Raises:
        MaskError: it is no PNG file, or one of 16 bits or of grey with opacity.
        ImageError: it is damaged, or has more than `max_pixels`.
    """
    fmt = sniff_format(data[:32])
    if fmt != "PNG":
        lossy = ", which changes ids where it saves space" if fmt == "JPEG" else ""
        raise MaskError(name, f"its content is {fmt or 'of no image'}{lossy}")
    with decoder_errors(name):
        opened = PngImagePlugin.PngImageFile(io.BytesIO(still_png(data, name)))  # as facies.core.decoders.rasters does
        check_pixels(name, *opened.size, max_pixels)
        opened.load()
        bits = data[24]
        if opened.mode in {"RGB", "RGBA"} and bits == 8:
            return np.asarray(opened.convert("RGBA"))
        if opened.mode not in {"1", "L", "P"}:
            raise MaskError(name, f"its pixels are {opened.mode} of {bits} bits")
        values = np.asarray(opened.convert("L") if opened.mode == "1" else opened)
        return values // _LEVEL_OF_BITS[bits] if opened.mode != "P" and bits < 8 else values


def write_ids(path: Path, ids: NDArray[np.uint8], table: ClassTable, *, unlabelled: int | None = None) -> None:
    """Write ids as an indexed PNG with the colours of their classes, and their names as texts.

    Args:
        path: of the file, ``.png``; an earlier one is written over.
        ids: (height, width) uint8.
        table: whose colours the palette takes.
        unlabelled: an id that stands for no class and is shown white; None where there is none.

    Raises:
        ConfigurationError: another suffix.
        StorageError: the system refuses.
    """
    image, note = _with_palette(ids, table, unlabelled)
    save_png(image, path, note)


def encode_ids(ids: NDArray[np.uint8], table: ClassTable, *, unlabelled: int | None = None) -> bytes:
    """The bytes of the file that `write_ids` writes."""
    image, note = _with_palette(ids, table, unlabelled)
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", pnginfo=note, compress_level=_COMPRESSION)
    return buffer.getvalue()


def _with_palette(
    ids: NDArray[np.uint8], table: ClassTable, unlabelled: int | None
) -> tuple[Image.Image, PngImagePlugin.PngInfo]:
    palette = table.palette()
    if unlabelled is not None:
        palette[unlabelled] = 255
    image = Image.fromarray(ids)
    image.putpalette(palette.tobytes())
    note = PngImagePlugin.PngInfo()
    for one in table.classes:
        note.add_itxt(f"facies:class {one.id}", one.name)
    return image, note


def save_png(picture: Image.Image, path: Path, note: PngImagePlugin.PngInfo) -> None:
    """Write a PNG file with texts in it, complete or not at all.

    Raises:
        ConfigurationError: another suffix.
        StorageError: the system refuses.
    """
    if path.suffix.lower() != ".png":
        raise ConfigurationError(f"{path} must end in .png")
    with new_file(path) as part:
        picture.save(part, format="PNG", pnginfo=note, compress_level=_COMPRESSION)


def _read_npy(data: bytes, name: str, max_pixels: int) -> NDArray[np.int32]:
    try:
        with io.BytesIO(data) as file:
            version = np.lib.format.read_magic(file)
            if version == (1, 0):
                shape, _, dtype = np.lib.format.read_array_header_1_0(file)
            else:
                shape, _, dtype = np.lib.format.read_array_header_2_0(file)
        if len(shape) != 2 or not (np.issubdtype(dtype, np.integer) or dtype == np.bool_):
            raise MaskError(name, f"it holds {dtype} of shape {shape}")
        check_pixels(name, shape[1], shape[0], max_pixels)
        ids = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise MaskError(name, f"it is no .npy file of numbers ({error})") from error
    if ids.size and (ids.min() < 0 or ids.max() > np.iinfo(np.int32).max):
        raise MaskError(name, f"its ids run from {ids.min()} to {ids.max()}, and ids are 0 or more")
    return np.asarray(ids, np.int32)
