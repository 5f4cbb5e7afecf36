"""The columns of a row, as JSON values and as the cells of a table, and back.

Numbers are written so that the same number is read; moments in ISO 8601 with their zone; the ids of neighbours with
blanks between them. What is empty is None: no format here tells an empty note from none.
"""

from __future__ import annotations

import math
import re
import sys
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from facies.core.records import MetadataValue
from facies.indexer.exchange.labels.label_row import STATES, LabelRow

_LARGEST: Final = 2**63 - 1
_CANONICAL: Final = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_FLAGS: Final = {"true": True, "false": False, "1": True, "0": False}

IDENTITY: Final = ("image_id", "sha256", "page", "uri")
"""What tells which image a row is about."""
SIZE: Final = ("width", "height")
SAID: Final = ("label", "state", "confidence", "novelty", "neighbours", "note")
"""What is said of it."""
ORIGIN: Final = ("source", "actor", "verified", "created_at", "batch", "model", "recipe", "k", "threshold")
"""Who says so, when, and by what."""
COLUMNS: Final = (*IDENTITY, *SIZE, *SAID, *ORIGIN)

ALIASES: Final[Mapping[str, str]] = {
    "id": "image_id",
    "path": "uri",
    "file": "uri",
    "file_name": "uri",
    "filename": "uri",
    "image": "uri",
}
"""Names that others give these columns; each counts where the name itself is not there."""


def to_values(row: LabelRow, names: Iterable[str] = COLUMNS) -> dict[str, Any]:
    """Give columns as JSON values; those without a value are left out.

    >>> to_values(LabelRow(label="Odontochitina", state="validated", page=0))
    {'page': 0, 'label': 'Odontochitina', 'state': 'validated'}
    """
    values: dict[str, Any] = {}
    for name in names:
        value = getattr(row, name)
        if isinstance(value, datetime):
            values[name] = value.isoformat()
        elif isinstance(value, tuple):
            if value:
                values[name] = list(value)
        elif value not in {None, ""}:
            values[name] = value
    return values


def to_cells(row: LabelRow, names: Iterable[str] = COLUMNS) -> dict[str, str]:
    """Give columns as texts; empty where there is no value.

    >>> to_cells(LabelRow(label="a", confidence=0.25, verified=True), ["label", "confidence", "verified", "note"])
    {'label': 'a', 'confidence': '0.25', 'verified': 'true', 'note': ''}
    """
    return {name: _text(getattr(row, name)) for name in names}


def metadata_cell(value: MetadataValue | None) -> str:
    """A value of the metadata as a text."""
    return _text(value)


def from_values(values: Mapping[str, Any], metadata: Mapping[str, MetadataValue] | None = None) -> LabelRow:
    """Read columns, from JSON values or from cells; further names are passed over.

    Args:
        values: by name of column.
        metadata: of the image.

    Raises:
        ValueError: a value is not what its column holds; the message says which, what was expected and what came.
    """
    read: dict[str, Any] = {}
    for name, reader in _READERS.items():
        value = values.get(name)
        if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
            continue
        try:
            read[name] = reader(value)
        except (ValueError, TypeError, OverflowError, KeyError) as error:
            raise ValueError(f"{name} is {_shown(value)}, expected {_EXPECTED[name]}") from error
    if "state" in read and "label" not in read:
        raise ValueError(f"state is {read['state']!r}, and there is no label")
    return LabelRow(metadata=metadata or {}, **read)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return " ".join(value)
    return repr(value) if isinstance(value, float) else str(value)


def _read_text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    value.encode()  # a lone surrogate cannot be kept
    return value


def _read_hash(value: Any) -> str:
    text = _read_text(value).strip().lower()
    if len(text) != 64 or set(text) - set("0123456789abcdef"):
        raise ValueError
    return text


def _read_id(value: Any) -> str:
    text = _read_text(value).strip()
    # The same few images are neighbours of many, so one text stands for all of them.
    return sys.intern(text if _CANONICAL.fullmatch(text) else str(uuid.UUID(text)))


def _read_ids(value: Any) -> tuple[str, ...]:
    parts = value.split() if isinstance(value, str) else list(value)
    return tuple(_read_id(part) for part in parts)


def _read_count(value: Any) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise TypeError
    if isinstance(value, str):
        value = value.strip().removesuffix(".0")  # tables of numbers have but one kind
    number = int(value)
    if not 0 <= number <= _LARGEST:
        raise ValueError
    return number


def _read_number(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError
    number = float(value)
    if not math.isfinite(number):
        raise ValueError
    return number


def _read_share(value: Any) -> float:
    number = _read_number(value)
    if not 0 <= number <= 1:
        raise ValueError
    return number


def _read_flag(value: Any) -> bool:
    return value if isinstance(value, bool) else _FLAGS[str(value).strip().lower()]


def _read_moment(value: Any) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(_read_text(value).strip())
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _read_state(value: Any) -> str:
    found = STATES.get(_read_text(value).strip().lower())
    if found is None:
        raise ValueError
    return found


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "image_id": _read_id,
    "sha256": _read_hash,
    "page": _read_count,
    "uri": _read_text,
    "width": _read_count,
    "height": _read_count,
    "label": _read_text,
    "state": _read_state,
    "confidence": _read_share,
    "novelty": _read_number,
    "neighbours": _read_ids,
    "note": _read_text,
    "source": _read_text,
    "actor": _read_text,
    "verified": _read_flag,
    "created_at": _read_moment,
    "batch": _read_count,
    "model": _read_text,
    "recipe": _read_text,
    "k": _read_count,
    "threshold": _read_number,
}
_WORDS: Final[Mapping[Callable[[Any], Any], str]] = {
    _read_text: "text in Unicode",
    _read_hash: "64 hexadecimal digits",
    _read_id: "a UUID",
    _read_ids: "UUIDs with blanks between them",
    _read_count: "a whole number of 0 or more",
    _read_number: "a finite number",
    _read_share: "a number of 0 to 1",
    _read_flag: "true or false",
    _read_moment: "a moment such as 2026-05-01T12:00:00+00:00",
    _read_state: f"one of {', '.join(STATES)}",
}
_EXPECTED: Final = {name: _WORDS[reader] for name, reader in _READERS.items()}


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
