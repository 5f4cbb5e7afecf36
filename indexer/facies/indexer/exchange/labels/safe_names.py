"""Names of files and folders that every system takes, for labels and originals that are called anything."""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePath
from typing import Final

_FORBIDDEN: Final = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_DEVICES: Final = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
MAX_BYTES: Final = 120
"""Of a name in UTF-8, so that what is put behind it still fits the 255 that systems allow."""
_DIGITS: Final = 8


def safe_name(text: str) -> str:
    """Bring a text to a name; where that changes it, digits of its hash tell it from others that look alike.

    >>> safe_name("Areoligera senonensis"), safe_name("../etc"), safe_name("CON")
    ('Areoligera senonensis', '_-etc~f7f9121f', 'CON~a3dbc4b6')
    """
    name = _FORBIDDEN.sub("-", text).strip().rstrip(".")
    while len(name.encode()) > MAX_BYTES:
        name = name[:-1]
    if name.startswith("."):
        name = "_" + name.lstrip(".")
    if name and name == text and not _DEVICES.fullmatch(name):
        return name
    return f"{name}~{_digest(text)}"


class Names:
    """Gives names in one folder, no two alike, capitals or not: not every system tells those apart."""

    def __init__(self) -> None:
        """Begin with an empty folder."""
        self._taken: dict[str, str] = {}

    def give(self, text: str, key: str | None = None) -> str:
        """Give a text a name.

        Args:
            text: what the name is to look like.
            key: what it stands for; the same text and key have the same name again. None: the text itself.
        """
        key = text if key is None else key
        name = safe_name(text)
        if self._taken.setdefault(name.casefold(), key) == key:
            return name
        path = PurePath(name)
        other = f"{path.stem}~{_digest(key)}{path.suffix}"
        self._taken[other.casefold()] = key
        return other


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
