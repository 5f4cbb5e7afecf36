"""Maps of collections, and their points.

Written out in full, not from `facies.core.catalog.tables`: that file follows the newest schema, this one never changes.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make two tables; there are no maps yet."""
    op.create_table(
        "maps",
        sa.Column("number", _NUMBER, nullable=False),
        sa.Column("collection", sa.String(100), nullable=False),
        sa.Column("vector", sa.String(100), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("method", sa.String(16), nullable=False),
        sa.Column("fitted", sa.BigInteger(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=True),
        sa.Column("trustworthiness", sa.Double(), nullable=True),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.ForeignKeyConstraint(["collection"], ["collections.name"], name="fk_maps_collection", ondelete="CASCADE"),
        sqlite_autoincrement=True,  # a number that was seen in an address is never another map's
    )
    op.create_index("ix_maps_collection", "maps", ["collection", "number"])
    op.create_table(
        "map_parts",
        sa.Column("map", _NUMBER, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("addition", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("ids", sa.LargeBinary(), nullable=False),
        sa.Column("positions", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("map", "number"),
        sa.ForeignKeyConstraint(["map"], ["maps.number"], name="fk_map_parts_map", ondelete="CASCADE"),
    )
