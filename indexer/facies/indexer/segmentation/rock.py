"""Rock apart from the tray it lies in and from the gaps between its pieces, so that fractions are fractions of rock.

The picture is reduced to cells of a few pixels, and the rule looks at cells. A cell is tray or gap only where three
things come together: its colour is frequent along the sides of the picture and rare in the middle, or it is black; it
belongs to a patch of such cells that reaches a side; and the patch ends at a step of colour, as an edge does, not in a
gradient, as uneven light does. Where the rule cannot tell, all is rock: a photograph that rock fills from side to side
has the same colours at its sides as in its middle, and loses nothing. Classes of the class table that are not rock are
the surer way; both can be used together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import DepthError
from facies.core.images import RgbImage

Cells = NDArray[np.float32]
Flags = NDArray[np.bool_]

_BAND_ROWS: Final = 1024
_TONES: Final = 16
"""Bins of each of lightness, red against green, and yellow against blue: small beside the noise of a photograph."""
_LUMA: Final = np.array([0.299, 0.587, 0.114], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class RockRule:
    """What makes a cell tray or gap.

    Attributes:
        cell_px: side of a cell, in pixels.
        side_share: width of the strips at the left and at the right whose colours may be the tray's, as a share.
        middle_share: width of the strip in the middle whose colours are the rock's, as a share.
        frequency_ratio: how many times as frequent a colour is at the sides as in the middle, at least.
        black: lightness below which a cell may be a gap, 0 to 255.
        black_share: and below which share of the rock's own lightness, since rock may be dark too.
        step: least difference of colour across the border of a patch, 0 to 255.
        least_patch_cells: patches of fewer cells are rock.
        least_rock: share of the middle that must stay rock; where it would not, the rule cannot tell.
    """

    cell_px: int = 4
    side_share: float = 0.04
    middle_share: float = 0.5
    frequency_ratio: float = 4.0
    black: float = 48.0
    black_share: float = 0.4
    step: float = 18.0
    least_patch_cells: int = 24
    least_rock: float = 0.4

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            DepthError: one of them makes no sense.
        """
        shares = (self.side_share, self.middle_share, self.black_share, self.least_rock)
        good = self.cell_px >= 1 and all(0 < share < 1 for share in shares) and self.least_patch_cells >= 1
        if not (good and self.frequency_ratio > 1 and min(self.black, self.step) >= 0):
            raise DepthError(
                f"the rule of rock {self} makes no sense: expected cells of at least 1 px, shares between 0 and 1, a "
                "ratio above 1, and no negative lightness"
            )


@dataclass(frozen=True, slots=True, eq=False)
class RockMask:
    """Which pixels of a picture are rock.

    Attributes:
        cells: shape (rows of cells, columns of cells), bool, true where there is rock.
        cell_px: side of a cell, in pixels; the last row and column may be cut off.
        shape: height and width of the picture, in pixels.
        note: what a person should know of how it came about.
        clear: (height, width) bool, pixels that are no rock as the photograph shows nothing there; None: none.
    """

    cells: Flags
    cell_px: int
    shape: tuple[int, int]
    note: str
    clear: Flags | None = None

    def without(self, clear: Flags | None) -> RockMask:
        """Leave out pixels of which the photograph shows nothing; None leaves out none."""
        if clear is None:
            return self
        note = f"{self.note}; {clear.mean():.1%} of the picture is transparent, and no rock"
        return RockMask(self.cells, self.cell_px, self.shape, note, clear)

    def rows(self, start: int, stop: int) -> Flags:
        """Pixels of some rows: shape (stop - start, width), bool."""
        down = np.arange(start, min(stop, self.shape[0])) // self.cell_px
        across = np.arange(self.shape[1]) // self.cell_px
        rock: Flags = self.cells[down[:, None], across[None, :]]
        return rock if self.clear is None else rock & ~self.clear[start:stop]

    @property
    def share(self) -> float:
        """Share of the cells that are rock."""
        return float(self.cells.mean())


def all_rock(height: int, width: int, note: str = "all of the picture is taken for rock") -> RockMask:
    """Call everything rock."""
    side = max(height, width)
    return RockMask(np.ones((1, 1), dtype=np.bool_), side, (height, width), note)


def find_rock(image: RgbImage, rule: RockRule | None = None) -> RockMask:
    """Tell rock from tray and gaps.

    Args:
        image: shape (height, width, 3), uint8, RGB; rows grow with depth. Beside it, cells alone are held.
        rule: what makes a cell tray or gap.
    """
    rule = rule or RockRule()
    height, width = image.shape[:2]
    cells = reduce_image(image, rule.cell_px)
    side = max(1, round(rule.side_share * cells.shape[1]))
    margin = round((1 - rule.middle_share) / 2 * cells.shape[1])
    if margin <= side or cells.shape[1] - 2 * margin < 1:
        return all_rock(height, width, "the picture is too narrow to tell rock from tray: all is taken for rock")
    tray = _find_tray_colours(cells, side, margin, rule) | _find_black(cells, margin, rule)
    tray = _keep_patches(tray, cells, rule)
    middle = ~tray[:, margin : cells.shape[1] - margin]
    if not middle.size or middle.mean() < rule.least_rock:
        return all_rock(height, width, "rock cannot be told from tray by colour: all is taken for rock")
    share = float(tray.mean())
    return RockMask(~tray, rule.cell_px, (height, width), f"{share:.1%} of the picture is taken for tray or gaps")


def reduce_image(image: RgbImage, cell_px: int) -> Cells:
    """Mean colours of cells: shape (rows of cells, columns of cells, 3), float32, 0 to 255; edges may be cut off.

    Args:
        image: shape (height, width, 3), uint8.
        cell_px: side of a cell.
    """
    height, width = image.shape[:2]
    across = np.arange(0, width, cell_px)
    wide = np.diff(np.append(across, width)).astype(np.float32)
    cells = np.empty((math.ceil(height / cell_px), len(across), 3), dtype=np.float32)
    step = max(1, _BAND_ROWS // cell_px) * cell_px
    for top in range(0, height, step):
        band = np.add.reduceat(image[top : top + step].astype(np.float32), across, axis=1)
        down = np.arange(0, len(band), cell_px)
        tall = np.diff(np.append(down, len(band))).astype(np.float32)
        sums = np.add.reduceat(band, down, axis=0)
        cells[top // cell_px : top // cell_px + len(down)] = sums / (tall[:, None, None] * wide[None, :, None])
    return cells


def _find_tray_colours(cells: Cells, side: int, margin: int, rule: RockRule) -> Flags:
    """Cells whose colour is much more frequent at the sides than in the middle."""
    tones = _tones(cells)
    at_sides = np.bincount(np.concatenate([tones[:, :side].ravel(), tones[:, -side:].ravel()]), minlength=_TONES**3)
    middle = tones[:, margin : cells.shape[1] - margin]
    inside = np.bincount(middle.ravel(), minlength=_TONES**3)
    spread_sides, spread_inside = (_spread(counts / max(counts.sum(), 1)) for counts in (at_sides, inside))
    # A colour that neither holds is rock: a floor below which a frequency says nothing stands for it in the middle.
    frequent = spread_sides > rule.frequency_ratio * np.maximum(spread_inside, 1e-4)
    found: Flags = frequent.ravel()[tones]
    return found


def _tones(cells: Cells) -> NDArray[np.int64]:
    """Number of the bin of each cell's colour: lightness, and two differences of colours."""
    light = cells @ _LUMA
    red_green = (cells[..., 0] - cells[..., 1]) * 2 + 128
    yellow_blue = ((cells[..., 0] + cells[..., 1]) / 2 - cells[..., 2]) + 128
    whole = np.zeros(cells.shape[:2], dtype=np.int64)
    for tone in (light, red_green, yellow_blue):
        whole = whole * _TONES + np.clip(tone * (_TONES / 256), 0, _TONES - 1).astype(np.int64)
    return whole


def _spread(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share each bin's frequency with its neighbours, so that a bin's border divides no colour."""
    from scipy.ndimage import gaussian_filter

    spread: NDArray[np.float64] = gaussian_filter(shares.reshape(_TONES, _TONES, _TONES), 0.7, mode="nearest")
    return spread


def _find_black(cells: Cells, margin: int, rule: RockRule) -> Flags:
    light = cells @ _LUMA
    rock = float(np.median(light[:, margin : cells.shape[1] - margin]))
    found: Flags = light < min(rule.black, rule.black_share * rock)
    return found


def _keep_patches(tray: Flags, cells: Cells, rule: RockRule) -> Flags:
    """Patches that reach a side of the picture, are large enough, and end at a step of colour."""
    from scipy import ndimage

    numbers, count = ndimage.label(tray, structure=np.ones((3, 3)))
    if not count:
        return tray
    ring = np.zeros_like(tray)
    ring[:, [0, -1]] = True
    ring[[0, -1], :] = True
    reaching = np.bincount(numbers[ring], minlength=count + 1) > 0
    sizes = np.bincount(numbers.ravel(), minlength=count + 1)
    steps = _border_steps(numbers, cells, count)
    kept = reaching & (sizes >= rule.least_patch_cells) & (steps >= rule.step)
    kept[0] = False
    found: Flags = kept[numbers]
    return found


def _border_steps(numbers: NDArray[np.int32], cells: Cells, count: int) -> NDArray[np.float64]:
    """Median difference of colour between cells two inside and two outside of each patch's border; 0 without one."""
    owners, steps = [], []
    for axis in (0, 1):
        for inner, outer in ((0, 3), (3, 0)):  # four cells in a row: the border lies between the two in the middle
            length = numbers.shape[axis] - 3
            if length < 1:
                continue
            parts = [np.take(numbers, np.arange(at, at + length), axis=axis) for at in range(4)]
            ordered = parts if inner == 0 else parts[::-1]
            border = (ordered[1] > 0) & (ordered[2] == 0) & (ordered[0] == ordered[1]) & (ordered[3] == 0)
            near = np.take(cells, np.arange(inner, inner + length), axis=axis)[border]
            far = np.take(cells, np.arange(outer, outer + length), axis=axis)[border]
            owners.append(ordered[1][border])
            steps.append(np.abs(near - far).max(axis=1))
    whose, step = np.concatenate(owners), np.concatenate(steps)
    order = np.lexsort((step, whose))
    whose, step = whose[order], step[order]
    starts = np.searchsorted(whose, np.arange(count + 1))
    ends = np.searchsorted(whose, np.arange(count + 1), side="right")
    medians = np.zeros(count + 1)
    there = ends > starts
    medians[there] = step[(starts[there] + ends[there]) // 2]
    return medians
