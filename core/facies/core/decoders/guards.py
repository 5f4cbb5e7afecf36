"""What stands between the bytes of a stranger and a decoder: the pixel limit and one kind of error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from facies.core.errors import FaciesError, ImageTooLargeError, UnreadableImageError

MAX_SIDE_PX = 1_000_000
"""Longest side. Beyond it single rows get so large that work in blocks of rows bounds nothing any more."""


def check_pixels(name: str, width: int, height: int, max_pixels: int) -> None:
    """Refuse a declared size before anything of that size is allocated.

    Raises:
        UnreadableImageError: a side is below 1 or above `MAX_SIDE_PX`.
        ImageTooLargeError: more than `max_pixels` pixels.
    """
    if width < 1 or height < 1:
        raise UnreadableImageError(name, f"its header declares {width} x {height} pixels, expected at least 1 x 1")
    if width * height > max_pixels:
        raise ImageTooLargeError(name, width * height, max_pixels)
    if max(width, height) > MAX_SIDE_PX:
        raise UnreadableImageError(name, f"a side has {max(width, height):,} pixels, expected at most {MAX_SIDE_PX:,}")


@contextmanager
def decoder_errors(name: str) -> Iterator[None]:
    """Turn whatever a decoder raises into `UnreadableImageError`; our own errors pass unchanged.

    Raises:
        UnreadableImageError: the decoder failed, for whatever reason it gave.
    """
    try:
        yield
    except FaciesError:
        raise
    except MemoryError as error:
        raise UnreadableImageError(name, "decoding it needs more memory than there is") from error
    except Exception as error:
        # Decoders document no closed set of errors: damaged bytes bring OSError, SyntaxError, struct.error, KeyError,
        # AssertionError, zlib.error and more out of them, and one bad file must not end a run over many.
        raise UnreadableImageError(name, str(error).strip() or type(error).__name__) from error
