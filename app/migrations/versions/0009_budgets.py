"""Budgets that can be changed while the service runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "budget",
        sa.Column("scope", sa.String(16), nullable=False),
        sa.Column("customer", sa.String(100), nullable=False),
        sa.Column("period", sa.String(8), nullable=False),
        sa.Column("soft_nanousd", sa.BigInteger),
        sa.Column("hard_nanousd", sa.BigInteger),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("scope", "customer", "period", name="pk_budget"),
    )


def downgrade() -> None:
    op.drop_table("budget")
