"""Keys, jobs, runs and workers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.database.times import Moment

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("prefix", sa.String(16), nullable=False, unique=True),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("customer", sa.String(100), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("tier", sa.String(16), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("last_used_at", Moment),
        sa.Column("expires_at", Moment),
        sa.Column("revoked_at", Moment),
    )
    op.create_table(
        "job",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("operation", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("customer", sa.String(100), nullable=False),
        sa.Column("key_id", sa.String(32)),
        sa.Column("tier", sa.String(16), nullable=False),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("stage", sa.String(32)),
        sa.Column("progress", sa.Float, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("worker_id", sa.String(100)),
        sa.Column("traceparent", sa.String(64)),
        sa.Column("request_id", sa.String(128)),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("queued_at", Moment, nullable=False),
        sa.Column("enqueued_at", Moment),
        sa.Column("started_at", Moment),
        sa.Column("finished_at", Moment),
        sa.Column("cancel_requested_at", Moment),
        sa.Column("queue_seconds", sa.Float),
        sa.Column("gpu_seconds", sa.Float, nullable=False),
        sa.Column("cost_nanousd", sa.BigInteger, nullable=False),
        sa.Column("device", sa.String(16)),
        sa.Column("model", sa.String(100)),
        sa.Column("error_code", sa.String(64)),
        sa.Column("error_message", sa.Text),
        sa.Column("result_name", sa.String(64)),
        sa.Column("result_bytes", sa.BigInteger),
        sa.Column("output_seconds", sa.Float),
        sa.Column("result_removed_at", Moment),
    )
    op.create_index("ix_job_state_queued_at", "job", ["state", "queued_at"])
    op.create_index("ix_job_customer_created_at", "job", ["customer", "created_at"])
    op.create_index("ix_job_created_at", "job", ["created_at"])
    op.create_index("ix_job_finished_at", "job", ["finished_at"])
    op.create_table(
        "run",
        sa.Column("job_id", sa.String(32), sa.ForeignKey("job.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True),
        sa.Column("worker_id", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("outcome", sa.String(16)),
        sa.Column("device", sa.String(16), nullable=False),
        sa.Column("started_at", Moment, nullable=False),
        sa.Column("touched_at", Moment, nullable=False),
        sa.Column("ended_at", Moment),
        sa.Column("gpu_seconds", sa.Float, nullable=False),
        sa.Column("cost_nanousd", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_run_touched_at", "run", ["touched_at"])
    op.create_table(
        "worker",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("device", sa.String(16), nullable=False),
        sa.Column("device_name", sa.String(100), nullable=False),
        sa.Column("model", sa.String(100), nullable=False),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("started_at", Moment, nullable=False),
        sa.Column("heartbeat_at", Moment, nullable=False),
    )


def downgrade() -> None:
    for table in ("worker", "run", "job", "api_key"):
        op.drop_table(table)
