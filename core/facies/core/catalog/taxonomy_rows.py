"""Taxonomies as rows: those that were imported. Those that come with facies are in no table."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from facies.core.catalog.tables import CollectionRow, TaxonomyRow
from facies.core.errors import TaxonomyConflictError, TaxonomyNotFoundError
from facies.core.taxonomy import Taxonomy
from facies.core.taxonomy.builtin import BUILTIN, builtin_taxonomy
from facies.core.taxonomy.record import TaxonomyRecord, record_of
from facies.core.taxonomy.table import read_taxonomy_table, write_taxonomy_table

_LISTED = select(
    TaxonomyRow.name,
    TaxonomyRow.title,
    TaxonomyRow.taxa,
    TaxonomyRow.source,
    TaxonomyRow.licence,
    TaxonomyRow.imported_at,
)
"""All but the tables themselves, which may be long."""


def put(connection: Connection, taxonomy: Taxonomy, *, replace: bool) -> TaxonomyRecord:
    """Add a taxonomy, or put it in the place of the one of its name.

    Raises:
        TaxonomyConflictError: its name is taken, by one that comes with facies or without ``replace`` by another.
    """
    if taxonomy.name in BUILTIN:
        raise TaxonomyConflictError(
            f"the taxonomy {taxonomy.name!r} comes with facies and is never replaced; give this one another name"
        )
    there = _lock(connection, taxonomy.name)
    if there is not None and not replace:
        raise _taken(taxonomy.name, there)
    if there is not None:
        connection.execute(delete(TaxonomyRow).where(TaxonomyRow.name == taxonomy.name))
    imported_at = datetime.now(UTC)
    row = {
        "name": taxonomy.name,
        "title": taxonomy.title,
        "taxa": len(taxonomy),
        "source": taxonomy.source,
        "licence": taxonomy.licence,
        "body": write_taxonomy_table(taxonomy),
        "imported_at": imported_at,
    }
    try:
        with connection.begin_nested():
            connection.execute(insert(TaxonomyRow), [row])
    except IntegrityError as error:
        other = _lock(connection, taxonomy.name)
        if other is None:
            raise
        raise _taken(taxonomy.name, other) from error  # another process has added one just now
    return record_of(taxonomy, imported_at, users(connection, taxonomy.name))


def fetch(connection: Connection, name: str) -> Taxonomy:
    """Read a taxonomy.

    Raises:
        TaxonomyNotFoundError: there is none of this name.
    """
    if name in BUILTIN:
        return builtin_taxonomy(name)
    body = connection.scalar(select(TaxonomyRow.body).where(TaxonomyRow.name == name))
    if body is None:
        raise _unknown(connection, name)
    return _parse(name, body)


def fetch_all(connection: Connection) -> list[TaxonomyRecord]:
    """List all taxonomies in order of name, those that come with facies among them."""
    using: dict[str | None, tuple[str, ...]] = {}
    for collection, taxonomy in connection.execute(
        select(CollectionRow.name, CollectionRow.taxonomy).order_by(CollectionRow.name)
    ):
        using[taxonomy] = (*using.get(taxonomy, ()), collection)
    stored = [
        TaxonomyRecord(row.name, row.title, row.taxa, row.source, row.licence, row.imported_at, using.get(row.name, ()))
        for row in connection.execute(_LISTED)
    ]
    builtin = [record_of(builtin_taxonomy(name), None, using.get(name, ())) for name in BUILTIN]
    return sorted([*builtin, *stored], key=lambda record: record.name)


def remove(connection: Connection, name: str) -> None:
    """Delete a taxonomy that was imported and that no collection uses.

    Raises:
        TaxonomyNotFoundError: there is none of this name.
        TaxonomyConflictError: it comes with facies, or a collection uses it.
    """
    if name in BUILTIN:
        raise TaxonomyConflictError(f"the taxonomy {name!r} comes with facies and cannot be deleted")
    if _lock(connection, name) is None:
        raise _unknown(connection, name)
    using = users(connection, name)
    if using:
        raise TaxonomyConflictError(
            f"the taxonomy {name!r} is used by {', '.join(using)}; let these use another one or none first "
            "(`facies taxonomy use OTHER -c COLLECTION`, or `--none`)"
        )
    connection.execute(delete(TaxonomyRow).where(TaxonomyRow.name == name))


def choose(connection: Connection, collection: str, name: str | None) -> None:
    """Let a collection use a taxonomy, or none; the collection's row is the caller's to lock.

    Raises:
        TaxonomyNotFoundError: there is none of this name.
    """
    if name is not None and name not in BUILTIN and _lock(connection, name) is None:
        raise _unknown(connection, name)
    connection.execute(update(CollectionRow).where(CollectionRow.name == collection).values(taxonomy=name))


def users(connection: Connection, name: str) -> tuple[str, ...]:
    """Names of the collections that use a taxonomy, in alphabetical order."""
    found = select(CollectionRow.name).where(CollectionRow.taxonomy == name).order_by(CollectionRow.name)
    return tuple(connection.scalars(found))


@lru_cache(maxsize=8)
def _parse(name: str, body: str) -> Taxonomy:
    return read_taxonomy_table(body.encode(), name, f"taxonomy {name}")


def _lock(connection: Connection, name: str) -> datetime | None:
    """When a taxonomy was imported, None where it is not there; until the transaction ends nobody takes it away."""
    return connection.scalar(select(TaxonomyRow.imported_at).where(TaxonomyRow.name == name).with_for_update())


def _taken(name: str, imported_at: datetime) -> TaxonomyConflictError:
    return TaxonomyConflictError(
        f"there is a taxonomy {name!r} already, imported on {imported_at:%Y-%m-%d %H:%M} UTC; "
        "replace it (`--replace`) or give this one another name"
    )


def _unknown(connection: Connection, name: str) -> TaxonomyNotFoundError:
    return TaxonomyNotFoundError(name, [*BUILTIN, *connection.scalars(select(TaxonomyRow.name))])
