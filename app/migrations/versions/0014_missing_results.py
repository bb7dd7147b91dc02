"""When a result that should be there was last noticed not to be; forgotten once it is there again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job", sa.Column("result_missing_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("job", "result_missing_at")
