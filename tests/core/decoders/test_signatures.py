"""What bytes are, whatever their name."""

from __future__ import annotations

import io
from typing import Literal

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from facies.core.decoders.signatures import describe_foreign, sniff_format


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_what_pillow_writes_is_recognised(fmt: str) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4)).save(buffer, fmt)
    assert sniff_format(buffer.getvalue()[:32]) == fmt


@pytest.mark.parametrize("bigtiff", [False, True])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_all_four_kinds_of_tiff_are_recognised(bigtiff: bool, byteorder: Literal["<", ">"]) -> None:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, np.zeros((4, 4), np.uint8), bigtiff=bigtiff, byteorder=byteorder)
    assert sniff_format(buffer.getvalue()[:32]) == "TIFF"


@pytest.mark.parametrize("text", [b"BMW-1 well report, 1200 m to 1300 m", b"", b"RIFF\0\0\0\0WAVEfmt ", b"GIF90a"])
def test_what_only_begins_alike_is_no_image(text: bytes) -> None:
    assert sniff_format(text) is None


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"", "empty"),
        (b"\0\0\0\x1cftypavif", "AVIF image"),
        (b"\0\0\0\x1cftypheic", "HEIF"),
        (b"%PDF-1.7", "PDF"),
        (b"PK\x03\x04", "zip"),
        (b"8BPS", "Photoshop"),
        (b"well,depth", "begins with 77 65 6c 6c"),
    ],
)
def test_other_kinds_are_named_in_the_reason(head: bytes, kind: str) -> None:
    assert kind in describe_foreign(head)


@given(st.binary(max_size=32))
def test_any_bytes_have_an_answer(head: bytes) -> None:
    assert sniff_format(head) is not None or describe_foreign(head)
