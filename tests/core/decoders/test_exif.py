"""Orientation from EXIF, against Pillow's writer and against noise."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from facies.core.decoders.exif import exif_of_png_text, exif_orientation


def block(order: str, kind: int, value: int, *, entries: int = 1) -> bytes:
    mark = b"II*\0" if order == "<" else b"MM\0*"
    packed = struct.pack(order + ("H2x" if kind == 3 else "I"), value)
    return mark + struct.pack(order + "IHHHI", 8, entries, 0x0112, kind, 1) + packed + bytes(4)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_what_pillow_writes_is_read(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x010F] = "a maker"
    exif[0x0112] = orientation
    exif[0x011A] = 300.0
    assert exif_orientation(exif.tobytes()) == orientation
    assert exif_orientation(exif.tobytes().removeprefix(b"Exif\0\0")) == orientation


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", [3, 4])
def test_both_byte_orders_and_both_kinds_of_number_are_read(order: str, kind: int) -> None:
    assert exif_orientation(block(order, kind, 6)) == 6


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_a_value_out_of_range_means_upright(value: int) -> None:
    assert exif_orientation(block("<", 3, value)) == 1


def test_a_block_that_ends_early_means_upright() -> None:
    whole = block("<", 3, 6)
    assert exif_orientation(whole[:19]) == 1
    assert exif_orientation(block("<", 3, 6, entries=60_000)) == 6
    assert exif_orientation(b"") == 1


@given(st.binary(max_size=80))
def test_noise_gives_some_orientation_and_no_error(noise: bytes) -> None:
    for head in (b"", b"Exif\0\0II*\0\x08\0\0\0", b"MM\0*"):
        assert 1 <= exif_orientation(head + noise) <= 8


def test_the_text_form_of_imagemagick_is_unpacked() -> None:
    exif = block(">", 3, 3)
    digits = exif.hex()
    text = f"\nexif\n{len(exif):8}\n{digits[:20]}\n{digits[20:]}\n"
    assert exif_of_png_text(text) == exif


@pytest.mark.parametrize("text", [None, "", "\nexif\n  8\nnot hexadecimal", "abc"])
def test_a_damaged_text_form_is_empty(text: str | None) -> None:
    assert exif_of_png_text(text) == b""
