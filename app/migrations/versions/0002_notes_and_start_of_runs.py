"""Notes of the generator on a job; runs are summed up by their start."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job", sa.Column("notes", sa.JSON))
    op.create_index("ix_run_started_at", "run", ["started_at"])
    op.drop_index("ix_run_touched_at", "run")


def downgrade() -> None:
    op.create_index("ix_run_touched_at", "run", ["touched_at"])
    op.drop_index("ix_run_started_at", "run")
    op.drop_column("job", "notes")
