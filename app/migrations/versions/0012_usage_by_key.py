"""Which key and tier the ledger's seconds were used with; for jobs that are still known, those of the past too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ledger", sa.Column("key_id", sa.String(32)))
    op.add_column("ledger", sa.Column("tier", sa.String(16)))
    ledger = sa.table("ledger", sa.column("job_id"), sa.column("key_id"), sa.column("tier"))
    job = sa.table("job", sa.column("id"), sa.column("key_id"), sa.column("tier"))
    of_job = {
        name: sa.select(job.c[name]).where(job.c.id == ledger.c.job_id).scalar_subquery() for name in ("key_id", "tier")
    }
    op.execute(sa.update(ledger).where(ledger.c.job_id.is_not(None)).values(**of_job))


def downgrade() -> None:
    op.drop_column("ledger", "tier")
    op.drop_column("ledger", "key_id")
