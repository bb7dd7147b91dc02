"""Which revision of the tables this version works with, told without loading the migration tools."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, inspect, text

#: The newest migration; a test holds it to the folder of migrations.
REVISION: Final = "0012"


class WrongSchemaError(RuntimeError):
    """The database is at another revision than this version needs."""

    def __init__(self, found: str | None) -> None:
        self.found = found
        super().__init__(
            f"The database is at revision {found or 'none'}, this version needs {REVISION}: run `python -m app migrate`."
        )


def current_revision(connection: Connection) -> str | None:
    """Return the revision that the database is at, None before the first migration."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def check_schema(connection: Connection) -> None:
    """Raise `WrongSchemaError` when the database is not at the revision that this version needs."""
    found = current_revision(connection)
    if found != REVISION:
        raise WrongSchemaError(found)
