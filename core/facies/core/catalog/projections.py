"""Projections as rows: the maps that compute one named vector from another, kept as long as a vector needs them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from facies.core.catalog.tables import ProjectionRow, VectorRow
from facies.core.errors import CatalogError
from facies.core.records import ProjectionRecord


def put(connection: Connection, projections: Iterable[ProjectionRecord]) -> None:
    """Add projections; those that are there already stay as they are."""
    for one in projections:
        if _lock(connection, one.digest):
            continue
        row = {name: getattr(one, name) for name in ("digest", "method", "source_dim", "dim", "data")}
        try:
            with connection.begin_nested():
                connection.execute(insert(ProjectionRow), [{**row, "created_at": datetime.now(UTC)}])
        except IntegrityError:
            if not _lock(connection, one.digest):  # else another process has added the same one just now
                raise


def fetch(connection: Connection, digest: str) -> ProjectionRecord:
    """Read one projection.

    Raises:
        CatalogError: there is none of this digest.
    """
    row = connection.execute(select(ProjectionRow).where(ProjectionRow.digest == digest)).first()
    if row is None:
        raise CatalogError(f"there is no projection {digest}: no vector of any collection is made by it")
    return ProjectionRecord(row.digest, row.method, row.source_dim, row.dim, row.data)


def sweep(connection: Connection, digests: Iterable[str | None]) -> None:
    """Delete those of these projections that no vector needs any more."""
    for digest in digests:
        if digest is None or not _lock(connection, digest):
            continue
        needed = connection.scalar(select(func.count()).where(VectorRow.projection == digest))
        if not needed:
            connection.execute(delete(ProjectionRow).where(ProjectionRow.digest == digest))


def _lock(connection: Connection, digest: str) -> bool:
    """Whether a projection is there; until the transaction ends nobody else takes it away."""
    found = select(ProjectionRow.digest).where(ProjectionRow.digest == digest).with_for_update()
    return connection.scalar(found) is not None
