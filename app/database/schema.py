"""Which revision of the tables this version works with, told without loading the migration tools."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, inspect, text

#: The newest migration; a test holds it to the folder of migrations. Versions that begin with the same digit work with
#: each other's tables: while it stays, a migration only adds. One that takes away begins a new thousand.
REVISION: Final = "0014"


class WrongSchemaError(RuntimeError):
    """The database is at a revision that this version cannot work with: an older one, or one after something was taken away."""

    def __init__(self, found: str | None) -> None:
        self.found = found
        advice = (
            f"a later version took away what this one needs; go back with it: `python -m app migrate --to {REVISION}`."
            if found is not None and found > REVISION
            else "run `python -m app migrate`."
        )
        super().__init__(f"The database is at revision {found or 'none'}, this version needs {REVISION}: {advice}")


def current_revision(connection: Connection) -> str | None:
    """Return the revision that the database is at, None before the first migration."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def is_later_and_fits(found: str | None) -> bool:
    """Tell whether a later version has migrated the database, and this one can work with what it made of it."""
    return found is not None and found > REVISION and found[0] == REVISION[0]


def check_schema(connection: Connection) -> None:
    """Raise `WrongSchemaError` unless the database is at the revision that this version needs, or has only more than that."""
    found = current_revision(connection)
    if found != REVISION and not is_later_and_fits(found):
        raise WrongSchemaError(found)
