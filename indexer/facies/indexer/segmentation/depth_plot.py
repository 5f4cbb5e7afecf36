"""A core on one page: photographs, classes, fractions, intervals and uncertainty under one axis of depth.

Everything that grows with the core is drawn as small pictures, so that a file of a hundred metres is no larger than
that of one. Where nothing was photographed the page is grey; where there is no rock it is hatched.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import ConfigurationError, DepthError, MaskSizeError
from facies.core.images import RgbImage
from facies.core.new_files import new_file
from facies.core.segmentation.class_table import ClassTable
from facies.indexer.segmentation.depth import DepthScale
from facies.indexer.segmentation.depth_plot_text import pick_ink, printable
from facies.indexer.segmentation.fractions import DepthFractions, RowCounts, by_step
from facies.indexer.segmentation.intervals import Interval
from facies.indexer.segmentation.masks import Indices

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES: Final = (".png", ".pdf", ".svg")
_STRIP_ROWS: Final = 2400
_STRIP_COLUMNS: Final = 240
_BINS: Final = 900
_FRACTION_PX: Final = 400
_WIDTH_IN: Final = 11.5
_HEIGHT_IN: Final = (8.5, 34.0)
_HEAD_IN, _FOOT_IN = 1.0, 0.65
_DPI: Final = 130
_PAGE, _GAP, _LINE, _TEXT = "#ffffff", "#e6e3de", "#9aa3ad", "#22262b"
_DOUBT: Final = "#c2410c"
_TRACKS: Final = (
    ("photograph", 1.25),
    ("classes", 1.25),
    ("fractions of rock", 2.2),
    ("intervals", 1.7),
    ("uncertainty", 0.95),
)


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """A section, small enough to be drawn.

    Attributes:
        name: of the section.
        scale: depths of the whole picture.
        rows: counts of the whole picture.
        image: shape (h, w, 3), uint8, every n-th pixel of the photograph.
        classes: shape (h, w), uint8, the same pixels of the mask, indices of classes.
    """

    name: str
    scale: DepthScale
    rows: RowCounts
    image: RgbImage
    classes: Indices


def make_strip(name: str, scale: DepthScale, rows: RowCounts, image: RgbImage, classes: Indices) -> Strip:
    """Make a section small.

    Args:
        name: of the section.
        scale: its depths.
        rows: its counts.
        image: shape (height, width, 3), uint8, RGB.
        classes: shape (height, width), uint8, indices of classes.

    Raises:
        MaskSizeError: mask and photograph differ in size.
    """
    if image.shape[:2] != classes.shape:
        raise MaskSizeError("the mask", (classes.shape[0], classes.shape[1]), name, (image.shape[0], image.shape[1]))
    return Strip(name, scale, rows, *shrink(image, classes))


def shrink(image: RgbImage, classes: Indices) -> tuple[RgbImage, Indices]:
    """Take every n-th pixel of a photograph and of its mask, few enough to be drawn; twice is as once.

    Args:
        image: shape (height, width, 3), uint8.
        classes: shape (height, width), uint8.
    """
    down = max(1, math.ceil(image.shape[0] / _STRIP_ROWS))
    across = max(1, math.ceil(image.shape[1] / _STRIP_COLUMNS))
    return image[::down, ::across].copy(), classes[::down, ::across].copy()


def write_depth_plot(
    path: Path, strips: Sequence[Strip], intervals: Sequence[Interval], table: ClassTable, *, title: str = ""
) -> None:
    """Draw a core by depth.

    Args:
        path: of the file; ``.png``, ``.pdf`` or ``.svg``.
        strips: sections in depth order.
        intervals: of the core.
        table: names and colours of the classes.
        title: above all.

    Raises:
        ConfigurationError: another suffix.
        DepthError: there are no sections.
        StorageError: the system refuses.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ConfigurationError(f"{path} must end in {', '.join(SUFFIXES)}")
    if not strips:
        raise DepthError("a plot by depth has no sections, expected at least one")
    from matplotlib import rc_context

    figure = _draw(strips, intervals, table, title)
    # Without the time of day, and with names of parts that are not drawn at random, the same core gives the same file.
    dated = {".png": {}, ".pdf": {"CreationDate": None}, ".svg": {"Date": None}}[suffix]
    with new_file(path) as part, rc_context({"svg.hashsalt": "facies"}):
        figure.savefig(part, format=suffix[1:], dpi=_DPI, metadata=dated, facecolor=_PAGE)


def page_height_in(strips: Sequence[Strip]) -> float:
    """Height of the page in inches: some four for a section, within bounds."""
    least, most = _HEIGHT_IN
    return min(max(least, 3.0 + 3.5 * len(strips)), most)


def _draw(strips: Sequence[Strip], intervals: Sequence[Interval], table: ClassTable, title: str) -> Figure:
    from matplotlib.figure import Figure

    top_m, base_m = min(one.scale.top_m for one in strips), max(one.scale.base_m for one in strips)
    height = page_height_in(strips)
    figure = Figure(figsize=(_WIDTH_IN, height))
    grid = figure.add_gridspec(
        1,
        len(_TRACKS) + 1,
        width_ratios=[*(width for _, width in _TRACKS), 2.3],
        left=0.075,
        right=0.99,
        top=1 - _HEAD_IN / height,
        bottom=_FOOT_IN / height,
        wspace=0.09,
    )
    axes = [figure.add_subplot(grid[0, at]) for at in range(len(_TRACKS) + 1)]
    for ax, (name, _) in zip(axes, _TRACKS, strict=False):
        _prepare(ax, name, top_m, base_m, height)
    photograph, classes, fractions, drawn, doubt = axes[:-1]
    colours = np.array([one.colour for one in table.classes], dtype=np.uint8)
    inch_m = (base_m - top_m) / (height - _HEAD_IN - _FOOT_IN)
    for strip in strips:
        _draw_strip(photograph, strip.image, strip, label=strip.name if len(strips) > 1 else "", inch_m=inch_m)
        _draw_strip(classes, colours[strip.classes], strip)
    bins = by_step([(one.scale, one.rows) for one in strips], _round_up((base_m - top_m) / _BINS))
    _draw_fractions(fractions, bins, colours)
    for one in intervals:
        _draw_interval(drawn, one, table, inch_m)
    _draw_doubt(doubt, bins)
    photograph.tick_params(labelleft=True)
    photograph.set_ylabel("depth (m)", fontsize=9, color=_TEXT)
    _draw_legend(axes[-1], table, strips, intervals)
    if title:
        figure.text(0.075, 1 - 0.38 / height, printable(title), fontsize=13, fontweight="bold", color=_TEXT)
    return figure


def _prepare(ax: Axes, name: str, top_m: float, base_m: float, height: float) -> None:
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    ax.set_xlim(0, 1)
    ax.set_ylim(base_m, top_m)
    ax.set_facecolor(_GAP)
    ax.set_title(name, fontsize=9, color=_TEXT, pad=8)
    ax.set_xticks([])
    ax.yaxis.set_major_locator(MaxNLocator(nbins=max(6, round(1.3 * height)), steps=[1, 2, 5, 10]))
    decimals = max(1, 1 - math.floor(math.log10(base_m - top_m)))
    ax.yaxis.set_major_formatter(StrMethodFormatter(f"{{x:.{decimals}f}}"))
    ax.tick_params(labelleft=False, labelsize=8, color=_LINE, labelcolor=_TEXT)
    for spine in ax.spines.values():
        spine.set_color(_LINE)


def _draw_strip(ax: Axes, picture: RgbImage, strip: Strip, *, label: str = "", inch_m: float = 1.0) -> None:
    ends = (0.0, 1.0, strip.scale.base_m, strip.scale.top_m)
    ax.imshow(picture, extent=ends, aspect="auto", interpolation="nearest")
    ax.set_autoscale_on(False)
    if label and strip.scale.base_m - strip.scale.top_m > 0.3 * inch_m:
        ax.annotate(
            printable(label, 24),
            (0.0, strip.scale.top_m),
            xytext=(3, -3),
            textcoords="offset points",
            va="top",
            fontsize=6.5,
            color=_TEXT,
            bbox={"facecolor": _PAGE, "alpha": 0.75, "edgecolor": "none", "pad": 1.2},
        )


def _draw_fractions(ax: Axes, bins: DepthFractions, colours: NDArray[np.uint8]) -> None:
    """One row of a picture for each bin: its classes side by side, as wide as their fractions."""
    upto = np.cumsum(np.nan_to_num(bins.fractions), axis=1)
    at = (np.arange(_FRACTION_PX) + 0.5) / _FRACTION_PX
    whose = np.minimum((upto[:, None, :] <= at[None, :, None]).sum(axis=2), len(colours) - 1)
    picture = np.zeros((*whose.shape, 4), dtype=np.uint8)
    picture[..., :3] = colours[whose]
    picture[..., 3] = np.where(np.isnan(bins.fractions[:, :1]), 0, 255)
    ax.imshow(
        picture, extent=(0.0, 1.0, bins.base_m[-1], bins.top_m[0]), aspect="auto", interpolation="nearest", zorder=2
    )
    ax.set_autoscale_on(False)
    for first, last in _stretches(np.isnan(bins.fractions[:, 0]) & (bins.covered > 0)):
        _hatch(ax, bins.top_m[first], bins.base_m[last])
    ax.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])


def _draw_interval(ax: Axes, one: Interval, table: ClassTable, inch_m: float) -> None:
    from matplotlib.patches import Rectangle

    if one.index is None:
        _hatch(ax, one.top_m, one.base_m)
        return
    known = table.classes[one.index]
    face = _to_unit(known.colour)
    ax.add_patch(Rectangle((0, one.top_m), 1, one.thickness_m, facecolor=face, edgecolor=_PAGE, linewidth=0.6))
    if one.thickness_m > 0.15 * inch_m:
        text = printable(known.name, 22)
        ink = pick_ink(known.colour)
        ax.text(
            0.5, one.top_m + one.thickness_m / 2, text, ha="center", va="center", fontsize=7, color=ink, clip_on=True
        )


def _draw_doubt(ax: Axes, bins: DepthFractions) -> None:
    ends = np.append(bins.top_m, bins.base_m[-1])
    for first, last in _stretches(bins.covered > 0):
        ax.axhspan(bins.top_m[first], bins.base_m[last], facecolor=_PAGE, linewidth=0)
    ax.stairs(np.nan_to_num(bins.uncertainty), ends, orientation="horizontal", fill=True, color=_DOUBT, alpha=0.75)
    ax.set_xlim(0, 1)
    ax.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    ax.set_ylim(bins.base_m[-1], bins.top_m[0])


def _hatch(ax: Axes, top_m: float, base_m: float) -> None:
    from matplotlib.patches import Rectangle

    ax.add_patch(
        Rectangle((0, top_m), 1, base_m - top_m, facecolor=_PAGE, edgecolor=_LINE, hatch="////", linewidth=0, zorder=1)
    )


def _draw_legend(ax: Axes, table: ClassTable, strips: Sequence[Strip], intervals: Sequence[Interval]) -> None:
    """Classes that occur, each with its share of all rock; then what is no class."""
    from matplotlib.patches import Patch

    ax.axis("off")
    metres = sum((one.rows.counts / one.rows.width).sum(axis=0) * one.scale.row_height_m for one in strips)
    whole = max(float(np.sum(metres)), 1e-12)
    handles = []
    for known, share in zip(table.classes, np.asarray(metres) / whole, strict=True):
        if share > 0:
            face = _to_unit(known.colour)
            handles.append(Patch(facecolor=face, label=f"{printable(known.name, 22)}  {share:.1%}"))
    if any(one.index is None for one in intervals) or any((one.rows.rock == 0).any() for one in strips):
        handles.append(Patch(facecolor=_PAGE, edgecolor=_LINE, hatch="////", label="no rock"))
    if any(lower.scale.top_m > upper.scale.base_m for upper, lower in pairwise(strips)):
        handles.append(Patch(facecolor=_GAP, label="no photograph"))
    ax.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(0.0, 1.0), frameon=False, fontsize=8, borderaxespad=0,
        title="share of the rock", title_fontsize=8.5, alignment="left", labelcolor=_TEXT,
    )  # fmt: skip


def _to_unit(colour: tuple[int, int, int]) -> tuple[float, float, float]:
    red, green, blue = colour
    return red / 255, green / 255, blue / 255


def _stretches(is_there: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last places of the runs of true ones."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_there, [False]]).astype(np.int8)))
    return [(int(first), int(end) - 1) for first, end in zip(edges[::2], edges[1::2], strict=True)]


def _round_up(step_m: float) -> float:
    """The next of 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step_m))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step_m * (1 - 1e-9))
