"""Jobs that share another's generation, and submits that named themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_INDEXED = ("input_digest", "shared_from", "result_name")


def upgrade() -> None:
    op.add_column("job", sa.Column("input_digest", sa.String(64)))
    op.add_column("job", sa.Column("shared_from", sa.String(32)))
    for name in _INDEXED:
        op.create_index(f"ix_job_{name}", "job", [name])
    op.create_table(
        "idempotency",
        sa.Column("customer", sa.String(100), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("answer", sa.JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("customer", "key", name="pk_idempotency"),
    )
    op.create_index("ix_idempotency_created_at", "idempotency", ["created_at"])


def downgrade() -> None:
    # An older version has no word for a job that waits for another; the reconciler queues it.
    op.execute("UPDATE job SET state = 'queued' WHERE state = 'joined'")
    op.drop_table("idempotency")
    for name in _INDEXED:
        op.drop_index(f"ix_job_{name}", "job")
    op.drop_column("job", "shared_from")
    op.drop_column("job", "input_digest")
