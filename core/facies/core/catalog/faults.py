"""Errors of the database turned into errors of facies; none of SQLAlchemy or its drivers leaves the catalogue."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from facies.core.errors import CatalogError, FaciesError, StorageError

# Primary result codes (the low byte of the extended ones). Source: https://www.sqlite.org/rescode.html
_STORAGE = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_AUTH,
}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def damaged(where: str, reason: str) -> CatalogError:
    """Say that the file is no readable catalogue, and what to do."""
    return CatalogError(
        f"the catalogue {where} is damaged or is not a catalogue: {reason}. Stop facies, move the file (and those "
        "beside it that end in -wal and -shm) away and put a copy of it back; without one, index the images again."
    )


def _from_driver(cause: BaseException | None, where: str) -> FaciesError:
    reason = str(cause)
    code = getattr(cause, "sqlite_errorcode", None)
    primary = code & 0xFF if isinstance(code, int) else None
    if primary in _STORAGE:
        return StorageError(where, reason)
    if primary in _DAMAGED or reason.startswith("Could not decode to UTF-8"):
        return damaged(where, reason)
    if primary in _BUSY:
        return CatalogError(
            f"the catalogue {where} is busy: another process has been writing to it for too long ({reason}). "
            "Nothing was changed; try again, or end the process that holds it."
        )
    return CatalogError(f"the catalogue {where} refused an operation: {reason}")


@contextmanager
def translated_driver(where: str) -> Iterator[None]:
    """Do the same for calls of the sqlite3 module itself."""
    try:
        yield
    except sqlite3.Error as error:
        raise _from_driver(error, where) from error


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Run database work; raise what goes wrong as StorageError or CatalogError that names ``where``."""
    try:
        yield
    except DBAPIError as error:
        raise _from_driver(error.orig, where) from error
    except SQLAlchemyError as error:
        # The original reason where there is one: the wrapper's text quotes the whole statement.
        raise CatalogError(f"the catalogue {where} failed: {getattr(error, 'orig', None) or error}") from error
    except (ValueError, OverflowError) as error:
        # What the drivers and column types raise for text that is no UTF-8, integers beyond 64 bits, and stored
        # JSON or dates that cannot be parsed: bare Python errors, not wrapped by SQLAlchemy.
        raise CatalogError(f"the catalogue {where} cannot hold or read a value: {error}") from error
