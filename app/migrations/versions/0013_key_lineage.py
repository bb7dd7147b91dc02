"""Which key the rotations of a key began with, so that all of them are one caller to the limits; for keys of the past, too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("api_key", sa.Column("lineage", sa.String(32)))
    key = sa.table("api_key", sa.column("id"), sa.column("replaced_by"), sa.column("lineage"), sa.column("created_at"))
    rotated = sa.select(key.c.id, key.c.replaced_by).where(key.c.replaced_by.is_not(None)).order_by(key.c.created_at)
    first: dict[str, str] = {}
    for old, new in op.get_bind().execute(rotated):
        first[new] = first.get(old, old)
        op.execute(sa.update(key).where(key.c.id == new).values(lineage=first[new]))


def downgrade() -> None:
    op.drop_column("api_key", "lineage")
