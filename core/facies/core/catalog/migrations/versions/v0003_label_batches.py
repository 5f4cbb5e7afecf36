"""Batches of label events, which can be undone, and the event that an image's label comes from.

Written out in full, not from `facies.core.catalog.tables`: that file follows the newest schema, this one never changes.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table of batches, gather the events of each source and actor in one, and say which event counts."""
    op.create_table(
        "label_batches",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("collection", sa.String(100), sa.ForeignKey("collections.name", ondelete="CASCADE"), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("provenance", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("undoes", _NUMBER, sa.ForeignKey("label_batches.id", name="fk_label_batches_undoes"), nullable=True),
        sa.Column("in_effect", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_label_batches_collection", "label_batches", ["collection", "id"])
    op.execute(
        "INSERT INTO label_batches (collection, source, actor, verified, created_at, in_effect) "
        "SELECT collection, source, actor, false, MIN(created_at), true FROM label_events "
        "GROUP BY collection, source, actor ORDER BY MIN(id)"
    )
    with op.batch_alter_table("label_events") as events:
        events.add_column(sa.Column("batch", _NUMBER, nullable=True))
        events.add_column(sa.Column("confidence", sa.Double(), nullable=True))
        events.add_column(sa.Column("novelty", sa.Double(), nullable=True))
        events.add_column(sa.Column("neighbours", sa.LargeBinary(), nullable=True))
        events.add_column(sa.Column("note", sa.Text(), nullable=True))
    op.execute(
        "UPDATE label_events SET batch = (SELECT b.id FROM label_batches b WHERE b.source = label_events.source AND "
        "b.collection = label_events.collection AND b.actor = label_events.actor)"
    )
    with op.batch_alter_table("label_events") as events:
        events.alter_column("batch", existing_type=_NUMBER, nullable=False)
        events.drop_column("source")
        events.drop_column("actor")
        events.drop_column("created_at")
        events.create_foreign_key("fk_label_events_batch", "label_batches", ["batch"], ["id"])
    op.create_index("ix_label_events_batch", "label_events", ["batch"])
    op.add_column("images", sa.Column("event", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE images SET event = (SELECT MAX(e.id) FROM label_events e WHERE e.collection = images.collection "
        "AND e.image_id = images.id)"
    )
    # The payload of what is there was written with these labels.
    op.add_column("collections", sa.Column("followed", sa.BigInteger(), server_default="0", nullable=False))
    op.execute(
        "UPDATE collections SET followed = COALESCE((SELECT MAX(b.id) FROM label_batches b "
        "WHERE b.collection = collections.name), 0)"
    )
