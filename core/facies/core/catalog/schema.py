"""The schema's revision: which one a database has, and how it comes to the newest."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from facies.core.catalog.faults import damaged
from facies.core.errors import CatalogError

_MIGRATIONS = Path(__file__).parent / "migrations"


def bring_up_to_date(connection: Connection, where: str) -> None:
    """Make or migrate the tables within the connection's transaction: all of it happens, or nothing.

    Raises:
        CatalogError: the database holds tables of something else, or a schema newer than this facies knows.
    """
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_revision()
    if current == scripts.get_current_head():
        return
    if current is None:
        _check_empty(connection, where)
    elif current not in {script.revision for script in scripts.walk_revisions()}:
        raise CatalogError(
            f"the catalogue {where} has schema {current}, newer than {scripts.get_current_head()}, the newest that "
            "this facies knows. Nothing was changed; use the newer facies that wrote it (`pip install --upgrade "
            "facies`), or another data folder."
        )
    command.upgrade(config, "head")


def _check_empty(connection: Connection, where: str) -> None:
    tables = set(inspect(connection).get_table_names()) - {"alembic_version"}
    if tables:
        raise damaged(where, f"it holds tables ({', '.join(sorted(tables)[:5])}) without a schema revision")
