"""The filter of a query, read and held against what the collection has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from facies.core.errors import QueryError
from facies.core.filters import All, Any_, AnyOf, Equals, Filter, Not, Range, parse_filter
from facies.core.records import FieldKind
from facies.core.workspace import Workspace

ALWAYS: Mapping[str, FieldKind] = {"label": "keyword", "state": "keyword", "sha256": "keyword"}
"""What every image's point holds beside its metadata."""


def read_where(workspace: Workspace, collection: str, where: Mapping[str, Any] | None) -> Filter | None:
    """Read a filter from its JSON form; one that could only match nothing by mistake is refused.

    Args:
        workspace: the open data.
        collection: whose fields may be named.
        where: as in `facies.core.filters`; None for no filter.

    Raises:
        QueryError: it is no filter, names a field that the collection does not have, compares text by size, or a number
            with text.
    """
    if where is None:
        return None
    found = parse_filter(where)
    check_fields(found, _kinds(workspace, collection), collection)
    return found


def check_group(workspace: Workspace, collection: str, field: str | None) -> None:
    """Refuse to group by a field that the collection does not have; None groups by nothing.

    Raises:
        QueryError: names the fields that there are.
    """
    if field is None:
        return
    kinds = _kinds(workspace, collection)
    if field not in kinds:
        raise QueryError(
            f"collection {collection!r} has no field {field!r} to group by; it has {', '.join(sorted(kinds))}"
        )


def check_fields(where: Filter, kinds: Mapping[str, FieldKind], collection: str) -> None:
    """Refuse fields that are not there, ranges over text, and text for numbers: they would look like an empty answer.

    Example:
        >>> check_fields(Equals("wel", "6407/6-5"), {"label": "keyword", "well": "keyword"}, "m")
        Traceback (most recent call last):
        ...
        facies.core.errors.QueryError: collection 'm' has no field 'wel'; it has label, well
    """
    for leaf in _leaves(where):
        kind = kinds.get(leaf.field)
        if kind is None:
            raise QueryError(
                f"collection {collection!r} has no field {leaf.field!r}; it has {', '.join(sorted(kinds))}"
            )
        if isinstance(leaf, Range) and kind == "keyword":
            raise QueryError(
                f"field {leaf.field!r} of collection {collection!r} holds text, expected numbers for <, <=, > and >=; "
                "use equals or any_of"
            )
        texts = [value for value in _values(leaf) if isinstance(value, str)]
        if texts and kind != "keyword":
            raise QueryError(f"field {leaf.field!r} of collection {collection!r} holds numbers, got {texts[0]!r}")


def _kinds(workspace: Workspace, collection: str) -> dict[str, FieldKind]:
    return {**ALWAYS, **workspace.catalog.metadata_fields(collection)}


def _values(leaf: Equals | AnyOf | Range) -> Sequence[object]:
    match leaf:
        case Equals():
            return (leaf.value,)
        case AnyOf():
            return leaf.values
        case Range():
            return ()


def _leaves(where: Filter) -> Iterator[Equals | AnyOf | Range]:
    match where:
        case Equals() | AnyOf() | Range():
            yield where
        case Not():
            yield from _leaves(where.filter)
        case All() | Any_():
            for inner in where.filters:
                yield from _leaves(inner)
