"""The ledger, with what the runs before it cost."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger",
        sa.Column("id", sa.String(48), nullable=False),
        sa.Column("worker_id", sa.String(100), nullable=False),
        sa.Column("device", sa.String(16), nullable=False),
        sa.Column("device_name", sa.String(100), nullable=False),
        sa.Column("gpu_uuid", sa.String(100)),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("job_id", sa.String(32)),
        sa.Column("attempt", sa.Integer),
        sa.Column("customer", sa.String(100)),
        sa.Column("operation", sa.String(32)),
        sa.Column("model", sa.String(100)),
        sa.Column("quarter", sa.Integer, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("nanoseconds", sa.BigInteger, nullable=False),
        sa.Column("cost_nanousd", sa.BigInteger),
        sa.Column("price_nanousd", sa.BigInteger),
        sa.Column("price_source", sa.String(100), nullable=False),
        sa.Column("joules", sa.Float),
        sa.PrimaryKeyConstraint("id", name="pk_ledger"),
    )
    op.create_index("ix_ledger_quarter", "ledger", ["quarter"])
    op.create_index("ix_ledger_customer_quarter", "ledger", ["customer", "quarter"])
    op.create_index("ix_ledger_job_id", "ledger", ["job_id"])
    op.execute(sa.text(_RUNS_BEFORE.format(quarter=_QUARTER[op.get_bind().dialect.name])))


def downgrade() -> None:
    op.drop_table("ledger")


# What a run cost stood in its row alone; idle time before was not kept.
_RUNS_BEFORE = """
INSERT INTO ledger (id, worker_id, device, device_name, kind, job_id, attempt, customer, operation, model, quarter,
                    started_at, ended_at, nanoseconds, cost_nanousd, price_source)
SELECT 'run:' || run.job_id || ':' || run.attempt, run.worker_id, run.device, run.device, run.kind, run.job_id,
       run.attempt, job.customer, job.operation, job.model, {quarter},
       run.started_at, COALESCE(run.ended_at, run.touched_at), CAST(run.gpu_seconds * 1000000000 AS BIGINT),
       run.cost_nanousd, 'booked before the ledger'
FROM run JOIN job ON job.id = run.job_id
WHERE run.gpu_seconds > 0
"""
_QUARTER = {
    "sqlite": "CAST(strftime('%s', run.started_at) AS INTEGER) / 900",
    "postgresql": "CAST(FLOOR(EXTRACT(EPOCH FROM run.started_at) / 900) AS INTEGER)",
}
