"""A copy of the whole database, taken while others use it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine

from facies.core.catalog.faults import damaged, translated, translated_driver
from facies.core.errors import ConfigurationError, StorageError


def copy_database(engine: Engine, path: Path, where: str) -> None:
    """Write the database, as it is at one moment, to a new file that needs nothing beside it.

    Source: SQLite's online backup, https://www.sqlite.org/backup.html

    Raises:
        ConfigurationError: the database is not SQLite.
        StorageError: the file is there, or cannot be written.
        CatalogError: the database is damaged or busy; the file that was begun is the caller's to remove.
    """
    if engine.dialect.name != "sqlite":
        raise ConfigurationError(
            f"the catalogue {where} is no SQLite file, so it cannot be copied from here; use the database's own tools "
            "(pg_dump for PostgreSQL)."
        )
    try:
        path.touch(exist_ok=False)
    except OSError as error:
        raise StorageError(path, error.strerror or str(error)) from error
    with (
        translated(where),
        translated_driver(f"{where}, or its copy {path},"),
        engine.connect() as connection,
        closing(sqlite3.connect(path)) as copy,
    ):
        source = connection.connection.driver_connection
        if not isinstance(source, sqlite3.Connection):
            raise ConfigurationError(f"the catalogue {where} is opened by another driver than Python's sqlite3")
        source.backup(copy)
        # The copy is a file on its own until somebody opens it: no write-ahead log beside it.
        copy.execute("PRAGMA journal_mode = DELETE")
        # The backup copies pages as they are; a copy of a damaged file would be found out when it is needed.
        (verdict,) = copy.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise damaged(where, str(verdict))
