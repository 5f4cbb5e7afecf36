"""Words on a plot: names as its font and its markup can show them, in an ink that can be read."""

from __future__ import annotations

from functools import cache

_LIGHT = 140.0


def printable(text: str, most: int = 90) -> str:
    """Text of one line, no longer than asked for, without letters that the font lacks, and without markup.

    Args:
        text: any.
        most: letters.
    """
    known = _letters()
    line = " ".join(text.split())
    line = "".join(letter if ord(letter) in known else "\N{REPLACEMENT CHARACTER}" for letter in line)
    if len(line) > most:
        line = line[: most - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"
    return line.replace("\\", "/").replace("$", r"\$")  # between two dollar signs there would be a formula


def pick_ink(colour: tuple[int, int, int]) -> str:
    """Black on light colours, white on dark ones.

    >>> pick_ink((250, 240, 120)), pick_ink((60, 30, 90))
    ('#000000', '#ffffff')
    """
    red, green, blue = colour
    return "#000000" if 0.299 * red + 0.587 * green + 0.114 * blue > _LIGHT else "#ffffff"


@cache
def _letters() -> frozenset[int]:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return frozenset(get_font(findfont(FontProperties())).get_charmap())
