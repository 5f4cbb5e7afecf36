"""The one thing that facies takes from EXIF: which way up the image is.

Read here in a few lines because Pillow's own reader warns about damaged EXIF through `warnings`, whose state belongs to
the whole process (up to Python 3.13): it can be neither silenced nor kept from becoming an error safely while several
threads decode.
"""

from __future__ import annotations

import struct

_ORIENTATION = 0x0112
_SHORT, _LONG = 3, 4
_MAX_ENTRIES = 1024


def exif_orientation(exif: bytes) -> int:
    r"""Read the orientation, 1-8, from an EXIF block; 1 (upright) where it is absent, damaged or out of range.

    Args:
        exif: a TIFF structure, with or without the leading ``Exif\0\0``.

    Source: Exif 2.3, tag 0x0112; TIFF 6.0, section 2.
    """
    body = exif.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(body[:4])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", body, 4)
        (entries,) = struct.unpack_from(f"{order}H", body, start)
        for index in range(min(entries, _MAX_ENTRIES)):
            tag, kind, count = struct.unpack_from(f"{order}HHI", body, start + 2 + 12 * index)
            if tag == _ORIENTATION and count == 1 and kind in {_SHORT, _LONG}:
                code = "H" if kind == _SHORT else "I"
                (value,) = struct.unpack_from(f"{order}{code}", body, start + 2 + 12 * index + 8)
                return value if 1 <= value <= 8 else 1
    except struct.error:
        # The block ends early. What it says elsewhere cannot be trusted either; the pixels themselves are whole.
        return 1
    return 1


def exif_of_png_text(profile: str | None) -> bytes:
    """Unpack the ``Raw profile type exif`` text of a PNG file as ImageMagick writes it; empty where it is damaged.

    Three lines (blank, kind, length) come first, then hexadecimal digits.
    """
    lines = (profile or "").split("\n")[3:]
    try:
        return bytes.fromhex("".join(lines))
    except ValueError:
        return b""
