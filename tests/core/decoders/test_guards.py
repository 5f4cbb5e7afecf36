"""The pixel limit and the one kind of error."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facies.core.decoders.guards import MAX_SIDE_PX, check_pixels, decoder_errors
from facies.core.errors import ImageTooLargeError, UnreadableImageError


@given(width=st.integers(1, 10**6), height=st.integers(1, 10**6), limit=st.integers(1, 10**12))
def test_the_limit_is_the_product_of_the_sides(width: int, height: int, limit: int) -> None:
    if width * height > limit:
        with pytest.raises(ImageTooLargeError):
            check_pixels("a", width, height, limit)
    else:
        check_pixels("a", width, height, limit)


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (-3, -3)])
def test_an_image_without_pixels_is_unreadable(size: tuple[int, int]) -> None:
    with pytest.raises(UnreadableImageError, match="expected at least 1 x 1"):
        check_pixels("a", *size, 100)


def test_a_side_has_a_limit_of_its_own() -> None:
    check_pixels("a", MAX_SIDE_PX, 1, 10**9)
    with pytest.raises(UnreadableImageError, match="a side has 1,000,001 pixels"):
        check_pixels("a", MAX_SIDE_PX + 1, 1, 10**9)


@pytest.mark.parametrize(
    "error",
    [OSError("broken"), SyntaxError("broken"), struct.error("broken"), zlib.error("broken"), KeyError("broken")],
)
def test_whatever_a_decoder_raises_becomes_one_error_with_its_reason(error: Exception) -> None:
    with (
        pytest.raises(UnreadableImageError, match=r"a\.png is not a readable image: '?broken") as caught,
        decoder_errors("a.png"),
    ):
        raise error
    assert caught.value.__cause__ is error


def test_an_error_without_words_gives_its_name_as_the_reason() -> None:
    with pytest.raises(UnreadableImageError, match="AssertionError"), decoder_errors("a"):
        raise AssertionError


def test_lack_of_memory_is_said_in_plain_words() -> None:
    with pytest.raises(UnreadableImageError, match="more memory than there is"), decoder_errors("a"):
        raise MemoryError


def test_our_own_errors_and_interrupts_pass_unchanged() -> None:
    mine = ImageTooLargeError("a", 2, 1)
    with pytest.raises(ImageTooLargeError) as caught, decoder_errors("b"):
        raise mine
    assert caught.value is mine
    with pytest.raises(KeyboardInterrupt), decoder_errors("b"):
        raise KeyboardInterrupt
