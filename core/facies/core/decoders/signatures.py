"""What kind of file some bytes are, by the signature they begin with."""

from __future__ import annotations

_PREFIXES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
)
_BMP_HEADER_BYTES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
"""Sizes of the headers that BMP has had; two letters alone would take any text that begins with BM for an image."""

_FOREIGN_PREFIXES = (
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "a JPEG 2000 image"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 code stream"),
    (b"\xff\x0a", "a JPEG XL image"),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "a JPEG XL image"),
    (b"8BPS", "a Photoshop document"),
    (b"\x00\x00\x01\x00", "an icon"),
    (b"\x01\xda", "an SGI image"),
    (b"P1", "a portable bitmap"),
    (b"P2", "a portable greymap"),
    (b"P3", "a portable pixmap"),
    (b"P4", "a portable bitmap"),
    (b"P5", "a portable greymap"),
    (b"P6", "a portable pixmap"),
    (b"\x76\x2f\x31\x01", "an OpenEXR image"),
    (b"%PDF", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"<svg", "an SVG drawing"),
    (b"PK\x03\x04", "a zip archive"),
)
_FOREIGN_BRANDS = {b"avif": "an AVIF image", b"avis": "an AVIF sequence"}


def sniff_format(head: bytes) -> str | None:
    """Tell the format of an image from its first bytes, whatever the file is called.

    Args:
        head: the first 32 bytes at least, fewer only where the file is shorter.

    Returns:
        JPEG, PNG, TIFF, WEBP, GIF or BMP; None where the bytes begin none of them.
    """
    for prefix, name in _PREFIXES:
        if head.startswith(prefix):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADER_BYTES:
        return "BMP"
    return None


def describe_foreign(head: bytes) -> str:
    """Say what bytes that are no image of ours seem to be, for the reason of a refusal."""
    if not head:
        return "the file is empty"
    if head[4:8] == b"ftyp":
        return _not_read(_FOREIGN_BRANDS.get(head[8:12], "an image or film of the HEIF or MP4 family"))
    for prefix, name in _FOREIGN_PREFIXES:
        if head.startswith(prefix):
            return _not_read(name)
    return f"it begins with {head[:8].hex(' ')}, which is not JPEG, PNG, TIFF, WebP, GIF or BMP"


def _not_read(kind: str) -> str:
    return f"it is {kind}, which is not read; save it as JPEG, PNG, TIFF, WebP, GIF or BMP"
