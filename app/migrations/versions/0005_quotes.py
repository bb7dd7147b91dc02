"""What a job was quoted when it was accepted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job", sa.Column("audio_seconds", sa.Float))
    op.add_column("job", sa.Column("quoted_gpu_seconds", sa.Float))
    op.add_column("job", sa.Column("quoted_cost_nanousd", sa.BigInteger))
    op.add_column("job", sa.Column("quoted_end_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    for name in ("audio_seconds", "quoted_gpu_seconds", "quoted_cost_nanousd", "quoted_end_at"):
        op.drop_column("job", name)
