"""The named vectors of a collection, as rows: which there are, which is the default, what each is computed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from facies.core.catalog import projections
from facies.core.catalog.tables import ProjectionRow, VectorRow
from facies.core.errors import CatalogError, QueryError
from facies.core.records import Fingerprint, VectorRecord

_OF = select(VectorRow).where(VectorRow.collection == bindparam("name")).order_by(VectorRow.position)
# Built once: building it takes longer than its answer, and every request asks for it.


def fetch(connection: Connection, collection: str) -> tuple[VectorRecord, ...]:
    """Read the vectors of a collection, the default first."""
    return tuple(map(_record, connection.execute(_OF, {"name": collection})))


def fetch_all(connection: Connection) -> dict[str, tuple[VectorRecord, ...]]:
    """Read the vectors of all collections by the collection's name."""
    found: dict[str, tuple[VectorRecord, ...]] = {}
    for row in connection.execute(select(VectorRow).order_by(VectorRow.position)):
        found[row.collection] = (*found.get(row.collection, ()), _record(row))
    return found


def insert_all(connection: Connection, collection: str, vectors: Sequence[VectorRecord]) -> None:
    """Give a collection that has none its vectors.

    Raises:
        CatalogError: no vector is given, two have one name, or one is computed from what is not there.
    """
    names = [vector.name for vector in vectors]
    if not names or len(set(names)) != len(names):
        raise CatalogError(
            f"collection {collection!r} needs at least one vector, each with a name of its own; got {names}"
        )
    placed: list[VectorRecord] = []
    waiting = list(vectors)
    while waiting:  # a vector follows what it is computed from, so that no two are computed from each other
        known = {None, *(one.name for one in placed)}
        vector = next((one for one in waiting if one.source in known), waiting[0])
        _check_derived(connection, collection, vector, placed)
        waiting.remove(vector)
        placed.append(vector)
    connection.execute(insert(VectorRow), [_row(collection, i, vector) for i, vector in enumerate(vectors)])


def add(connection: Connection, collection: str, vector: VectorRecord, *, default: bool) -> None:
    """Add a vector behind those that are there, or before them as the default.

    Raises:
        CatalogError: there is one of this name, or what it is computed from is not there.
    """
    there = fetch(connection, collection)
    if any(one.name == vector.name for one in there):
        raise CatalogError(
            f"collection {collection!r} has a vector {vector.name!r} already; each needs a name of its own"
        )
    _check_derived(connection, collection, vector, there)
    connection.execute(insert(VectorRow), [_row(collection, len(there), vector)])
    if default:
        set_default(connection, collection, vector.name)


def set_default(connection: Connection, collection: str, vector: str) -> None:
    """Bring a named vector to position 0; the others keep their order.

    Raises:
        QueryError: the collection has no vector of this name.
    """
    names = [one.name for one in fetch(connection, collection)]
    _find(names, vector)
    ordered = [vector, *(other for other in names if other != vector)]
    # Two rounds, since no two rows may have one position even for a moment.
    for shift in (-len(names), 0):
        for position, one in enumerate(ordered):
            connection.execute(
                update(VectorRow)
                .where(VectorRow.collection == collection, VectorRow.name == one)
                .values(position=position + shift)
            )


def remove(connection: Connection, collection: str, vector: str) -> None:
    """Delete a named vector that is not the default, with the projection that only it needed; the others stay in order.

    Raises:
        QueryError: the collection has no vector of this name.
        CatalogError: it is the default, or others are computed from it.
    """
    there = fetch(connection, collection)
    names = [one.name for one in there]
    position = _find(names, vector)
    if position == 0:
        raise CatalogError(
            f"{vector!r} is the default vector of collection {collection!r}; make another the default first"
        )
    _check_no_source(collection, vector, there)
    _delete(connection, collection, vector)
    projections.sweep(connection, [there[position].projection])
    for place, follower in enumerate(names[position + 1 :], start=position):
        connection.execute(
            update(VectorRow)
            .where(VectorRow.collection == collection, VectorRow.name == follower)
            .values(position=place)
        )


def replace(connection: Connection, collection: str, old: str, new: VectorRecord) -> None:
    """Put a vector in the place of another, whose projection goes where only it needed it.

    Raises:
        QueryError: the collection has no vector of the old name.
        CatalogError: it has one of the new name, others are computed from the old one, or what the new one is computed
            from is not there.
    """
    there = fetch(connection, collection)
    position = _find([one.name for one in there], old)
    _check_no_source(collection, old, there)
    others = [one for one in there if one.name != old]
    if any(one.name == new.name for one in others):
        raise CatalogError(f"collection {collection!r} has a vector {new.name!r} already")
    _check_derived(connection, collection, new, others)
    _delete(connection, collection, old)
    connection.execute(insert(VectorRow), [_row(collection, position, new)])
    projections.sweep(connection, [there[position].projection])


def remove_all(connection: Connection, collection: str) -> None:
    """Delete all vectors of a collection, with the projections that only they needed."""
    there = fetch(connection, collection)
    connection.execute(delete(VectorRow).where(VectorRow.collection == collection))
    projections.sweep(connection, {one.projection for one in there})


def _delete(connection: Connection, collection: str, vector: str) -> None:
    connection.execute(delete(VectorRow).where(VectorRow.collection == collection, VectorRow.name == vector))


def _find(names: Sequence[str], vector: str) -> int:
    if vector not in names:
        raise QueryError(f"no named vector {vector!r}; the collection has {', '.join(sorted(names))}.")
    return names.index(vector)


def _check_no_source(collection: str, vector: str, there: Sequence[VectorRecord]) -> None:
    needing = [one.name for one in there if one.source == vector]
    if needing:
        raise CatalogError(
            f"vector {vector!r} of collection {collection!r} stays, since {', '.join(needing)} "
            f"{'is' if len(needing) == 1 else 'are'} computed from it; drop "
            f"{'that' if len(needing) == 1 else 'those'} first"
        )


def _check_derived(
    connection: Connection, collection: str, vector: VectorRecord, others: Sequence[VectorRecord]
) -> None:
    if vector.source is None and vector.projection is None:
        return
    source = next((one for one in others if one.name == vector.source), None)
    if source is None or vector.projection is None:
        raise CatalogError(
            f"vector {vector.name!r} of collection {collection!r} is computed from {vector.source!r} by projection "
            f"{vector.projection!r}; expected both, and a source among {', '.join(one.name for one in others)}"
        )
    dims = connection.execute(
        select(ProjectionRow.source_dim, ProjectionRow.dim).where(ProjectionRow.digest == vector.projection)
    ).first()
    if dims is None or tuple(dims) != (source.dim, vector.dim):
        found = "there is none" if dims is None else f"it makes {dims.dim} of {dims.source_dim}"
        raise CatalogError(
            f"vector {vector.name!r} of collection {collection!r} needs projection {vector.projection}, which makes "
            f"{vector.dim} numbers of {source.dim}; {found}"
        )


def _row(collection: str, position: int, vector: VectorRecord) -> dict[str, object]:
    return {
        "collection": collection,
        "name": vector.name,
        "position": position,
        "dim": vector.dim,
        **asdict(vector.fingerprint),
        "source": vector.source,
        "projection": vector.projection,
    }


def _record(row: Row[Any]) -> VectorRecord:
    return VectorRecord(
        name=row.name,
        dim=row.dim,
        fingerprint=Fingerprint(
            card=row.card,
            weights_sha256=row.weights_sha256,
            preprocessing=row.preprocessing,
            recipe=row.recipe,
            runtime=row.runtime,
            precision=row.precision,
        ),
        source=row.source,
        projection=row.projection,
    )
