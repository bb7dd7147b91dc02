"""What else a key knows: name, scopes, a limit of its own, where it came from, who ended it and what replaced it.

Unique hashes, as a key that was taken over from the environment has no prefix to be found by.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("api_key", sa.Column("name", sa.String(100), nullable=False, server_default=""))
    op.add_column("api_key", sa.Column("scopes", sa.String(255)))
    op.add_column("api_key", sa.Column("rate_limit", sa.String(64)))
    op.add_column("api_key", sa.Column("origin", sa.String(16), nullable=False, server_default="created"))
    op.add_column("api_key", sa.Column("revoked_by", sa.String(64)))
    op.add_column("api_key", sa.Column("revoked_reason", sa.String(200)))
    op.add_column("api_key", sa.Column("replaced_by", sa.String(32)))
    op.create_index("ix_api_key_hash", "api_key", ["hash"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_api_key_hash", "api_key")
    for name in ("replaced_by", "revoked_reason", "revoked_by", "origin", "rate_limit", "scopes", "name"):
        op.drop_column("api_key", name)
