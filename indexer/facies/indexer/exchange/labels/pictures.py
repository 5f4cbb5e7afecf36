"""The image of a row as a file for other tools: the original where they read it, else the decoded image as PNG."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Final

from facies.core.errors import ImageError
from facies.core.images import content_hash, decode_pages, encode_png, sniff_format
from facies.indexer.exchange.labels.label_row import About, LabelRow
from facies.indexer.originals import is_url, read_original

SUFFIXES: Final = {"JPEG": ".jpg", "PNG": ".png", "GIF": ".gif", "TIFF": ".tif", "WEBP": ".webp", "BMP": ".bmp"}
COMMON: Final = frozenset({"JPEG", "PNG", "GIF"})
"""Formats that every tool reads."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A file for an image.

    Attributes:
        name: what to call it.
        data: its bytes.
        is_original: whether they are those of the original; else the image was decoded, to 8 bits a channel.
    """

    name: str
    data: bytes
    is_original: bool


def read_picture(row: LabelRow, about: About, formats: frozenset[str] = frozenset(SUFFIXES)) -> Picture | str:
    """Read the image of a row; gives the reason where it cannot be had.

    Args:
        row: with uri and sha256.
        about: limits.
        formats: those whose files may go along as they are; a page of a file of several never does.
    """
    uri = row.uri or ""
    try:
        data = read_original(uri, max_bytes=about.max_bytes)
        if content_hash(data) != row.sha256:
            return "the file has changed since it was indexed"
        kind = sniff_format(data) or ""
        if row.page is None and kind in formats:
            return Picture(row.file, data, is_original=True)
        for decoded in decode_pages(data, row.file, max_pixels=about.max_pixels, sha256=row.sha256):
            if decoded.page == row.page:
                stem = PurePath(row.file).stem
                name = f"{stem}.png" if row.page is None else f"{stem}-page-{row.page}.png"
                return Picture(name, encode_png(decoded.pixels), is_original=False)
    except ImageError as error:
        return error.message
    return f"the file has no page {row.page}"


def find_local(row: LabelRow) -> Path | None:
    """The original as a file of this machine that another name may be given; None where it is none."""
    uri = row.uri or ""
    if row.page is not None or not uri or is_url(uri):
        return None
    path = Path(uri)
    return path if path.is_file() else None
