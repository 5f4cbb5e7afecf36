"""Opening the database: creation, pragmas, and migration to the newest schema, safe against other processes.

SQLite is used in WAL mode: readers never wait, writers queue for each other. A writing transaction begins with
``BEGIN IMMEDIATE``, since one that starts by reading fails at once when another writer was faster. Creation and
migration take a lock first, on a file beside the database or PostgreSQL's own: without it two processes that meet a
fresh database step on each other.
"""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from facies.core.catalog.faults import translated
from facies.core.catalog.schema import bring_up_to_date
from facies.core.errors import CatalogError, ConfigurationError, StorageError

_BEGIN = "facies_begin"
WRITING = {_BEGIN: "BEGIN IMMEDIATE"}
"""Execution options of a connection whose transaction will write."""

_BUSY_TIMEOUT_S = 60
_FROZEN_AFTER_S = 60
"""How long PostgreSQL keeps the locks of a writer from which nothing comes. One whose machine has lost its power or has
been stopped would keep everybody from its collection for as long as the network holds its connection: hours."""
_MIGRATION_LOCK = 0x666163696573
"""Number of PostgreSQL's advisory lock that is held while tables are made or migrated: "facies" in ASCII."""


def open_engine(url: str) -> tuple[Engine, str]:
    """Open the database, make or migrate its tables, and say where it is, for messages (no password in it).

    Raises:
        ConfigurationError: the URL is not one of a supported database.
        StorageError: the folder or the file cannot be written.
        CatalogError: the file is damaged, is no catalogue, or comes from a newer facies.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() != "sqlite":
        where = parsed.render_as_string(hide_password=True)
        engine = _create(parsed, where, **_options(parsed))
        if engine.dialect.name == "postgresql":
            event.listen(engine, "begin", _limit_silence)
        return _ready(engine, where), where
    path = _sqlite_path(parsed)
    with _lock(path.with_name(path.name + ".lock")):
        return _ready(_sqlite_engine(parsed), str(path), wal=True), str(path)


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
        # The extra brings psycopg; SQLAlchemy's own choice is its predecessor.
        return parsed.set(drivername="postgresql+psycopg") if parsed.drivername == "postgresql" else parsed
    except ArgumentError as error:
        raise ConfigurationError(
            f"the catalogue's address is no SQLAlchemy URL ({error}); set FACIES_CATALOG__URL to one such as "
            "sqlite:////folder/catalog.sqlite, or leave it empty."
        ) from error


def _options(url: URL) -> dict[str, Any]:
    """What a driver is told beside the address."""
    if url.drivername != "postgresql+psycopg":
        return {}
    # Prepared statements keep the plan that was made while a table was small: adding 100,000 images took minutes.
    return {"connect_args": {"prepare_threshold": None}}


def _create(url: URL, where: str, **options: Any) -> Engine:
    try:
        return create_engine(url, **options)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise ConfigurationError(
            f"no driver for the catalogue {where}: {error}. Install it (for PostgreSQL: pip install "
            "'facies[postgres]'), or use an sqlite:/// URL."
        ) from error


def _sqlite_path(url: URL) -> Path:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise ConfigurationError(
            f"the catalogue needs a file, got {url.database or 'none'!r}; set FACIES_CATALOG__URL to "
            "sqlite:////folder/catalog.sqlite, or leave it empty."
        )
    path = Path(url.database).absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(path.parent, error.strerror or str(error)) from error
    return path


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Hold a lock that the system lets go of when this process ends, however it ends."""
    try:
        file = path.open("a")
    except OSError as error:
        raise StorageError(path, error.strerror or str(error)) from error
    with closing(file):
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError as error:
            raise StorageError(path, f"cannot be locked ({error.strerror})") from error
        yield


def _ready(engine: Engine, where: str, *, wal: bool = False) -> Engine:
    try:
        with translated(where):
            if wal:
                _switch_to_wal(engine, where)
            with engine.connect().execution_options(**WRITING) as connection, connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
                bring_up_to_date(connection, where)
    except BaseException:
        engine.dispose()  # also on Ctrl-C: an open connection would keep the file busy
        raise
    return engine


def _sqlite_engine(url: URL) -> Engine:
    engine = _create(url, str(url.database), connect_args={"timeout": _BUSY_TIMEOUT_S})
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    return engine


def _set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver begins no transactions: `_begin` does, with the right kind
    with closing(connection.cursor()) as cursor:
        cursor.execute("PRAGMA foreign_keys = ON")
        # With WAL the default loses the last commits at a power cut; what is acknowledged must stay.
        cursor.execute("PRAGMA synchronous = FULL")


def _begin(connection: Connection) -> None:
    statement = connection.get_execution_options().get(_BEGIN, "BEGIN")
    if statement:
        connection.exec_driver_sql(statement)


def _limit_silence(connection: Connection) -> None:
    if _BEGIN in connection.get_execution_options():
        connection.exec_driver_sql(f"SET LOCAL idle_in_transaction_session_timeout = '{_FROZEN_AFTER_S}s'")


def _switch_to_wal(engine: Engine, where: str) -> None:
    # The mode cannot change inside a transaction, hence no BEGIN at all.
    with engine.connect().execution_options(**{_BEGIN: ""}) as connection:
        mode = connection.exec_driver_sql("PRAGMA journal_mode = WAL").scalar_one()
    if mode != "wal":
        raise CatalogError(
            f"the file system of {where} does not support SQLite's write-ahead log (journal mode {mode}, expected "
            "wal); set FACIES_DATA_DIR to a folder on a local disk."
        )
