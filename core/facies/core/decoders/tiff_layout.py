"""How the samples of a TIFF page are to be read, from its tags alone; what has no rule is refused with a remedy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facies.core.decoders.pixels import scale_to_uint8
from facies.core.errors import UnreadableImageError

MINISWHITE, _MINISBLACK, RGB, _PALETTE, CMYK, YCBCR = 0, 1, 2, 3, 5, 6
_COLOURS = {MINISWHITE: 1, _MINISBLACK: 1, RGB: 3, _PALETTE: 1, CMYK: 4, YCBCR: 3}
_UINT, _INT, _FLOAT = 1, 2, 3
_ASSOCIATED, _UNASSOCIATED = 1, 2
UNCOMPRESSED, JPEG = 1, 7
_COMPRESSIONS = {
    UNCOMPRESSED: "none",
    2: "CCITT RLE",
    3: "CCITT group 3",
    4: "CCITT group 4",
    5: "LZW",
    JPEG: "JPEG",
    8: "deflate",
    32773: "PackBits",
    32946: "deflate",
    34925: "LZMA",
    50000: "ZSTD",
}
"""What is read. Each is told the size of its output before it decodes, so that no strip can swell beyond its place."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How the samples of a page are to be read.

    Attributes:
        photometric: the meaning of the colours, after decompression (JPEG gives RGB for YCbCr).
        colours: samples that are colour; the rest are extra.
        maximum: the largest value of the declared depth; 255 for floats, which are brought to 8 bits first.
        is_float: samples are floats in [0, 1].
        alpha: position of the alpha sample, if any.
        premultiplied: the colours are multiplied by alpha already.
        palette: colours by index, (entries, 3) uint8, for palette images.
        scaling: the rule in words.
    """

    photometric: int
    colours: int
    maximum: int
    is_float: bool
    alpha: int | None
    premultiplied: bool
    palette: NDArray[np.uint8] | None
    scaling: str


def read_layout(page: Any, name: str) -> Layout:
    """Decide from the tags alone how the samples are read, or refuse what has no rule."""
    compression = int(page.compression)
    if compression not in _COMPRESSIONS:
        read = ", ".join(sorted(set(_COMPRESSIONS.values())))
        raise UnreadableImageError(
            name, f"its compression {compression} is not read; save it again with one of: {read}"
        )
    photometric = page.tags.valueof(262)
    if photometric is None or int(photometric) not in _COLOURS:
        raise UnreadableImageError(
            name,
            f"its photometric interpretation is {photometric}, expected grey, RGB, palette, CMYK or YCbCr; "
            "save it as RGB",
        )
    photometric = int(photometric)
    if photometric == YCBCR and (compression != JPEG or page.planarconfig != 1 or page.samplesperpixel != 3):
        raise UnreadableImageError(name, "YCbCr is read as three samples under JPEG compression only; save it as RGB")
    if page.imagedepth != 1:
        raise UnreadableImageError(name, f"it is a volume of {page.imagedepth} slices; save one page per slice")
    bits, is_float = _read_depth(page, name)
    if compression == JPEG and (bits, is_float) != (8, False):
        raise UnreadableImageError(name, f"it has {bits} bits per sample under JPEG compression, expected 8")
    colours = _COLOURS[photometric]
    alpha = _read_alpha(page, name, photometric)
    maximum = 255 if is_float else (1 << bits) - 1
    scaling = f"float{bits} / 1" if is_float else "uint8" if bits == 8 else f"uint{bits} / {maximum}"
    palette = None
    if photometric == _PALETTE:
        palette, scaling = _read_palette(page, name, bits, is_float=is_float)
    used = colours + (alpha is not None)
    if page.samplesperpixel > used:
        scaling += f", {used} of {page.samplesperpixel} samples"
    premultiplied = alpha is not None and int(page.extrasamples[alpha - colours]) == _ASSOCIATED
    return Layout(photometric, colours, maximum, is_float, alpha, premultiplied, palette, scaling)


def _read_depth(page: Any, name: str) -> tuple[int, bool]:
    """Bits per sample, and whether they are floats."""
    bits, kind = page.bitspersample, page.sampleformat
    if not isinstance(bits, int):
        raise UnreadableImageError(name, f"its samples differ in depth ({bits} bits); save all with 8 or 16 bits")
    if int(kind) == _FLOAT and bits in {16, 32, 64}:
        return bits, True
    if int(kind) == _INT:
        raise UnreadableImageError(
            name, "its samples are signed integers, which have no fixed black and white; save them as unsigned"
        )
    if int(kind) != _UINT or page.dtype is None:
        raise UnreadableImageError(
            name, f"its samples (format {int(kind)}, {bits} bits) are not read; save them as 8- or 16-bit unsigned"
        )
    if bits > 32 or (bits > 16 and page.samplesperpixel > 1):
        raise UnreadableImageError(
            name,
            f"it has {page.samplesperpixel} samples of {bits} bits per pixel; more than 16 bits are read in plain grey "
            "only. Save it with 8 or 16 bits",
        )
    return bits, False


def _read_alpha(page: Any, name: str, photometric: int) -> int | None:
    """Position of the alpha sample; refuse extra samples where they leave the meaning of the pixel open."""
    colours = _COLOURS[photometric]
    extra = page.samplesperpixel - colours
    if extra < 0:
        raise UnreadableImageError(
            name, f"it has {page.samplesperpixel} samples per pixel, expected at least {colours}"
        )
    kinds = [int(kind) for kind in page.extrasamples][:extra]
    for index, kind in enumerate(kinds):
        if kind in {_ASSOCIATED, _UNASSOCIATED} and photometric in {MINISWHITE, _MINISBLACK, RGB}:
            return colours + index
    if extra and colours == 1:
        raise UnreadableImageError(
            name,
            f"it has {page.samplesperpixel} samples per pixel and does not say which are its colours; save it as RGB, "
            "or each sample as a page of its own",
        )
    return None


def _read_palette(page: Any, name: str, bits: int, *, is_float: bool) -> tuple[NDArray[np.uint8], str]:
    """Colours by index and their rule. Some programs write 8-bit values where 16 are due; libtiff reads those alike."""
    if is_float:
        raise UnreadableImageError(name, "it has a palette, and floats as indices into it; save it as RGB")
    values = page.tags.valueof(320)
    table = np.asarray(values if values is not None else (), dtype=np.int64)
    entries = 1 << bits
    if bits > 16 or table.size != 3 * entries:
        raise UnreadableImageError(name, f"its palette has {table.size} values, expected {3 * entries}")
    table = table.reshape(3, entries).T
    if table.max() <= 255:
        return table.astype(np.uint8), "palette of uint8"
    return scale_to_uint8(table.astype(np.uint16), 65535), "palette of uint16 / 65535"
