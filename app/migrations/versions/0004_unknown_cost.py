"""The cost of a job and of a run may be unknown.

A column beside the cost, as SQLite cannot drop NOT NULL without making the table anew, which would delete every run by
its foreign key.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("job", "run"):
        op.add_column(table, sa.Column("cost_known", sa.Boolean, nullable=False, server_default=sa.true()))


def downgrade() -> None:
    for table in ("job", "run"):
        op.drop_column(table, "cost_known")
