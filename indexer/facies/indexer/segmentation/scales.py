"""Scales of photographs, which of them are plausible, and what a smoothing at a scale is too wide for."""

from __future__ import annotations

from typing import Final

from facies.core.errors import ConfigurationError, FaciesError

MM_PER_PX: Final = (1e-6, 100.0)
"""The least and the greatest scale of a core photograph."""
UM_PER_PX: Final = (1e-3, 1e4)
"""The same of a photomicrograph."""


def check_mm_per_px(
    mm_per_px: float | None, what: str = "--mm-per-px", error: type[FaciesError] = ConfigurationError
) -> None:
    """Refuse a scale of a core photograph that no camera has.

    Args:
        mm_per_px: millimetres a pixel; None: no scale is known.
        what: what the scale is called, and of what it is.
        error: what is raised.

    Raises:
        FaciesError: of the wanted kind.
    """
    _check(mm_per_px, MM_PER_PX, "millimetres", what, error)


def check_um_per_px(
    um_per_px: float | None, what: str = "--um-per-px", error: type[FaciesError] = ConfigurationError
) -> None:
    """Refuse a scale of a photomicrograph that no microscope has; see `check_mm_per_px`."""
    _check(um_per_px, UM_PER_PX, "micrometres", what, error)


def _check(scale: float | None, bounds: tuple[float, float], unit: str, what: str, error: type[FaciesError]) -> None:
    least, most = bounds
    if scale is not None and not least <= scale <= most:
        raise error(
            f"{what} is {scale:g}, expected {unit} a pixel, more than 0: from {least:g} to {most:g}; divide a known "
            "length in the image by its pixels, or leave the scale out"
        )


def note_wide_smoothing(name: str, radius_px: float, shape: tuple[int, int]) -> list[str]:
    """Say where a smoothing reaches further than an image: one class may be all that is left of it.

    Args:
        name: of the image.
        radius_px: of the smoothing, in its pixels.
        shape: its height and width.
    """
    side = min(shape)
    if radius_px <= side:
        return []
    return [
        f"{name}: the smoothing has a radius of {radius_px:g} pixels, and the image is {side} pixels at its smaller "
        "side, so little but its commonest class is left; train with a smaller radius, or correct the scale"
    ]
