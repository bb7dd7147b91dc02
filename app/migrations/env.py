"""Alembic's environment: runs the migrations on the connection that `app.database.migrate` hands over."""

from __future__ import annotations

from alembic import context

from app.database.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=metadata, transactional_ddl=True, render_as_batch=True, compare_type=True
)
context.run_migrations()
