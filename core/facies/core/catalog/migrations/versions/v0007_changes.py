"""Counts of the changes of a collection.

Written out in full, not from `facies.core.catalog.tables`: that file follows the newest schema, this one never changes.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two counts; what was changed before is of no account."""
    for name in ("changes", "label_changes"):
        op.add_column("collections", sa.Column(name, sa.BigInteger(), server_default="0", nullable=False))
