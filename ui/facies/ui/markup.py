"""Small pieces of HTML that Streamlit has no element for. Pure; every value is escaped here."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Sequence
from html import escape
from typing import Literal, TypeAlias


def bar_list(rows: Iterable[tuple[str, float, str]], *, kind: str) -> str:
    """Named bars, one under the other.

    Args:
        rows: name, part of the full width in [0, 1], and the words at the end of the bar.
        kind: a class that the style sheet knows, ``votes`` or ``counts``.
    """
    items = "".join(
        f'<li><span class="name" title="{escape(name)}">{escape(name)}</span>'
        f'<span class="track"><i style="width:{max(0.0, min(1.0, part)) * 100:.1f}%"></i></span>'
        f'<span class="amount">{escape(words)}</span></li>'
        for name, part, words in rows
    )
    return f'<ol class="facies-bars {escape(kind)}">{items}</ol>'


def count_bars(counts: Sequence[tuple[str, int]]) -> str:
    """Labels with their counts; the largest fills the width."""
    largest = max((n for _, n in counts), default=1)
    return bar_list(((name, n / largest, f"{n:,}") for name, n in counts), kind="counts")


Share: TypeAlias = Literal["sure", "likely", "open", "against", "rest"]
"""How a part of a bar is meant, which decides on its colour."""


def share_bar(label: str, parts: Iterable[tuple[str, int, Share]]) -> str:
    """One bar whose parts add up, with a key below; what has no images is left out.

    Args:
        label: what the bar is about, for those who hear it.
        parts: name, count and kind of each.
    """
    shown = [(escape(name), count, escape(kind)) for name, count, kind in parts if count]
    total = sum(count for _, count, _ in shown) or 1
    bar = "".join(f'<i class="{kind}" style="width:{count / total * 100:.2f}%"></i>' for _, count, kind in shown)
    key = "".join(
        f'<li><i class="{kind}"></i><b>{count:,}</b> {name} <span>{count / total:.0%}</span></li>'
        for name, count, kind in shown
    )
    return f'<div class="facies-shares"><div class="bar">{bar}</div><ul aria-label="{escape(label)}">{key}</ul></div>'


def figures(items: Iterable[tuple[str, str]]) -> str:
    """A row of numbers with what they count."""
    cells = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in items)
    return f'<dl class="facies-figures">{cells}</dl>'


def plain(text: str) -> str:
    r"""Text that Markdown shows as it is.

    >>> print(plain("cf. *Azolla* [sp. A]"))
    cf\. \*Azolla\* \[sp\. A\]
    """
    return re.sub(f"([{re.escape(string.punctuation)}])", r"\\\1", text)  # of other signs Markdown shows the stroke


def facts(items: Iterable[tuple[str, str]]) -> str:
    """Names and values, one pair a line."""
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in items)
    return f'<dl class="facies-facts">{rows}</dl>'


def mosaic(pictures: Iterable[tuple[str, str]]) -> str:
    """A row of thumbnails.

    Args:
        pictures: address (http or https, or a path of this very origin) and description of each.
    """
    return f'<div class="facies-mosaic">{"".join(picture(src, alt) for src, alt in pictures)}</div>'


def picture(src: str, alt: str) -> str:
    """A picture of the service; nothing where the address is neither http, nor https, nor a path of this very origin.

    `streamlit.image` does not do: it takes such a path for a file of the interface's own machine.
    """
    allowed = re.match(r"https?://|/(?![/\\])", src)
    return f'<img class="facies-picture" src="{escape(src)}" alt="{escape(alt)}" loading="lazy">' if allowed else ""


def code(text: str) -> str:
    """Text as Markdown code, whatever it holds: the fence is longer than any run of backticks in it."""
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence} {text} {fence}"
