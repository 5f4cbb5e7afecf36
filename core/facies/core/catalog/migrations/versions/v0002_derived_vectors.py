"""Named vectors that are computed from others, and the projections that compute them.

Written out in full, not from `facies.core.catalog.tables`: that file follows the newest schema, this one never changes.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of projections, and say of each vector that an embedder makes it."""
    op.create_table(
        "projections",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("source_dim", sa.Integer(), nullable=False),
        sa.Column("dim", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    with op.batch_alter_table("vectors") as vectors:
        vectors.add_column(sa.Column("source", sa.String(100), nullable=True))
        vectors.add_column(sa.Column("projection", sa.String(64), nullable=True))
        vectors.create_foreign_key("fk_vectors_projection", "projections", ["projection"], ["digest"])
