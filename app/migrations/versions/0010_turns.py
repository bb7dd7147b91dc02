"""A job's turn: where it comes in the order of the queue."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job", sa.Column("turn", sa.BigInteger))
    op.add_column("job", sa.Column("turn_end", sa.BigInteger))
    op.create_index("ix_job_turn", "job", ["turn"])
    op.create_index("ix_job_turn_end", "job", ["turn_end"])


def downgrade() -> None:
    op.drop_index("ix_job_turn_end", "job")
    op.drop_index("ix_job_turn", "job")
    op.drop_column("job", "turn_end")
    op.drop_column("job", "turn")
