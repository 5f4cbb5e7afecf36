"""Run by Alembic: migrates over the connection that `facies.core.catalog.schema` passes in."""

from __future__ import annotations

from alembic import context

from facies.core.catalog.tables import Base


def migrate() -> None:
    """Bring the database of the connection to the revision that was asked for."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=Base.metadata,
        render_as_batch=True,  # SQLite alters a table by making it anew
    )
    with context.begin_transaction():
        context.run_migrations()


if __name__ == "env_py":  # the name that Alembic gives this file; who else imports it (doctest, mypy) only reads it
    migrate()
