"""Where joules are from; the days whose summary was written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ledger", sa.Column("joules_source", sa.String(16)))
    op.create_table(
        "day_summary",
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("day", "time_zone", name="pk_day_summary"),
    )


def downgrade() -> None:
    op.drop_table("day_summary")
    op.drop_column("ledger", "joules_source")
