"""Which column of a table holds what, for tables whose columns are called like those of a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from facies.core.errors import SourceError
from facies.indexer.exchange.labels.columns import ALIASES, COLUMNS, IDENTITY

if TYPE_CHECKING:
    from facies.core.records import FieldKind


def fit_columns(names: Sequence[str], where: str) -> dict[str, str]:
    """Tell which column holds what a row has: by name, else by another name that it often has.

    Args:
        names: of the columns.
        where: the table, for messages.

    Returns:
        name of the column by name of what it holds.

    Raises:
        SourceError: there are no labels, or nothing tells which images they are about.

    Example:
        >>> fit_columns(["file", "label", "depth_m"], "labels.csv")
        {'label': 'label', 'uri': 'file'}
    """
    found = {name: name for name in COLUMNS if name in names}
    for other, name in ALIASES.items():
        if other in names:
            found.setdefault(name, other)
    if "label" not in found:
        raise SourceError(f"{where} has no column 'label'; its columns are {_listed(names)}")
    if not {"image_id", "sha256", "uri"} & found.keys():
        expected = ", ".join(name for name in IDENTITY if name != "page")
        raise SourceError(
            f"{where} does not say which images its labels are about: expected a column {expected}, or "
            f"{', '.join(ALIASES)}; its columns are {_listed(names)}"
        )
    return found


def metadata_columns(fields: Mapping[str, FieldKind], taken: Sequence[str] = COLUMNS) -> dict[str, str]:
    """Give each metadata field a column: its own name, with ``_`` behind it where that is taken.

    >>> metadata_columns({"depth_m": "float", "note": "keyword"})
    {'depth_m': 'depth_m', 'note': 'note_'}
    """
    used = set(taken)
    columns: dict[str, str] = {}
    for name in fields:
        column = name
        while column.strip() in used:  # readers take away the blanks around a name
            column = f"{column.strip()}_"
        used.add(column.strip())
        columns[name] = column
    return columns


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:12]))
    return f"{shown} and {len(names) - 12} more" if len(names) > 12 else shown
