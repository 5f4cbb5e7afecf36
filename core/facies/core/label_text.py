"""Which texts may be labels, wherever they come from: a person, a file, a folder's name, a taxonomy."""

from __future__ import annotations

import unicodedata
from typing import Final

LONGEST_LABEL: Final = 255
"""Characters."""
_UNPRINTABLE: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode's categories of control characters, halves of surrogate pairs, and ends of lines."""


def find_label_fault(label: str) -> str | None:
    r"""Say what keeps a text from being a label, as the end of a sentence; None where nothing does.

    >>> find_label_fault("Areoligera senonensis") is None
    True
    >>> find_label_fault("Areoligera\nsenonensis")
    'has a control character, expected one line of text'
    """
    if not label.strip():
        return "is empty"
    if has_control_character(label):
        return "has a control character, expected one line of text"
    if len(label) > LONGEST_LABEL:
        return f"has {len(label):,} characters, expected at most {LONGEST_LABEL}"
    return None


def has_control_character(text: str) -> bool:
    r"""Whether a text has characters that are no part of one line of text that can be stored everywhere.

    >>> has_control_character("a\0b"), has_control_character("a\u2028b"), has_control_character("Foraminífera 有孔虫")
    (True, True, False)
    """
    return any(unicodedata.category(one) in _UNPRINTABLE for one in text)
