"""The transactions that every part of the catalogue's face is made of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from facies.core.catalog import collections
from facies.core.catalog.engine import WRITING
from facies.core.catalog.faults import translated
from facies.core.errors import CatalogError


class Transactions:
    """An open database; errors of it leave as errors of facies."""

    def __init__(self, engine: Engine, where: str) -> None:
        """Take an engine whose tables are up to date; ``where`` names the database in messages."""
        self._engine = engine
        self._closed = False
        self.where = where

    def close(self) -> None:
        """Let go of the database; further calls raise CatalogError."""
        self._closed = True
        self._engine.dispose()

    @contextmanager
    def _reading(self, collection: str | None = None) -> Iterator[Connection]:
        with self._transaction(self._engine) as connection:
            if collection is not None:
                collections.require(connection, collection)
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._transaction(self._engine.execution_options(**WRITING)) as connection:
            yield connection

    def _check_open(self) -> None:
        if self._closed:
            raise CatalogError(f"the catalogue {self.where} is closed")

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        self._check_open()
        with translated(self.where), engine.begin() as connection:
            yield connection
