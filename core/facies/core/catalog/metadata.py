"""Metadata of images: what may be kept, and which kind each field is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, insert, select

from facies.core.catalog.tables import FieldRow
from facies.core.errors import CatalogError
from facies.core.records import RESERVED_FIELDS, Metadata, MetadataValue

if TYPE_CHECKING:
    from facies.core.records import FieldKind

_KINDS: Mapping[str, FieldKind] = {"keyword": "keyword", "integer": "integer", "float": "float"}


def check(image_id: str, metadata: Metadata) -> dict[str, MetadataValue]:
    """Give the metadata as a plain dict that JSON holds faithfully.

    Raises:
        CatalogError: a name is reserved or empty, or a value is neither text nor a finite number.
    """
    for name, value in metadata.items():
        if not name or name in RESERVED_FIELDS:
            raise CatalogError(f"metadata of image {image_id}: {name!r} is no free name; give the column another one")
        if not _is_faithful(name) or not _is_faithful(value):
            raise CatalogError(
                f"metadata of image {image_id}: {name} is {value!r}, expected text or a finite number; leave it out "
                "where it is unknown"
            )
    return dict(metadata)


def _is_faithful(value: object) -> bool:
    if isinstance(value, str):
        return value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value)  # no lone surrogates
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def compute_kind(value: MetadataValue) -> FieldKind:
    """Tell the kind of one value."""
    if isinstance(value, str):
        return "keyword"
    return "float" if isinstance(value, float) else "integer"


def compute_common_kind(first: FieldKind, second: FieldKind) -> FieldKind:
    """Find the kind that holds both: whole numbers among decimals are decimals, numbers among text are text.

    >>> compute_common_kind("integer", "float"), compute_common_kind("float", "keyword")
    ('float', 'keyword')
    """
    if first == second:
        return first
    return "keyword" if "keyword" in {first, second} else "float"


def fields(connection: Connection, collection: str) -> dict[str, FieldKind]:
    """Read the collection's fields in order of name."""
    rows = connection.execute(select(FieldRow).where(FieldRow.collection == collection).order_by(FieldRow.name))
    return {row.name: _KINDS[row.kind] for row in rows}


def note_fields(connection: Connection, collection: str, added: Iterable[Metadata]) -> None:
    """Widen the collection's fields by those of images that were added."""
    known = fields(connection, collection)
    widened = dict(known)
    for metadata in added:
        for name, value in metadata.items():
            kind = compute_kind(value)
            widened[name] = compute_common_kind(widened.get(name, kind), kind)
    changed = {name: kind for name, kind in widened.items() if known.get(name) != kind}
    if not changed:
        return
    connection.execute(delete(FieldRow).where(FieldRow.collection == collection, FieldRow.name.in_(list(changed))))
    connection.execute(
        insert(FieldRow), [{"collection": collection, "name": name, "kind": kind} for name, kind in changed.items()]
    )
