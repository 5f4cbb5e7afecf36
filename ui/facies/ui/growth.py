"""How far the growing of a label has come, in numbers and words. Pure."""

from __future__ import annotations

from facies.core.wire_growth import GrowOut
from facies.ui.markup import Share


def count_looks(told: GrowOut, page: int) -> int:
    """How many pages are still to be judged at most, the one that is shown among them; the audit is not.

    While no page was wrong the next one lies twice as far down, afterwards in the middle of what is open: the number
    grows with the logarithm of the candidates.

    Args:
        told: where the session stands.
        page: images of a page.
    """
    if told.ask != "page":
        return 0
    if told.state.wrong is not None:
        return max(1, _halve(told.open, page))
    right, looks, most = told.candidates - told.open, 0, 1
    while told.candidates - right >= page:
        start = max(right, min(2 * right, told.candidates - page))
        looks += 1
        most = max(most, looks + _halve(start - right, page))
        right = start + page
    return most


def looks_words(told: GrowOut, page: int) -> str:
    """The same in words."""
    most = count_looks(told, page)
    if not most:
        return "no page is left to judge"
    return "this page is the last" if most == 1 else f"at most {most} pages are left to judge"


def share_parts(told: GrowOut) -> list[tuple[str, int, Share]]:
    """What becomes of the candidates: right and looked at, right and not, open, and all others."""
    return [
        ("right, looked at", told.right - told.unseen, "sure"),
        ("right, not looked at", told.unseen, "likely"),
        ("open", told.open, "open"),
        ("not this", max(0, told.candidates - told.right - told.open), "rest"),
    ]


def _halve(images: int, page: int) -> int:
    looks = 0
    while images >= page:
        looks, images = looks + 1, images - page - (images - page) // 2
    return looks
