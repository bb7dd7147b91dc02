"""Keys for programs that are not the API, such as the command line: plain calls with the settings.

The database must be migrated; `app.database.schema.WrongSchemaError` says so where it is not.
"""

from __future__ import annotations

from datetime import timedelta

from app.database.engine import open_database
from app.database.schema import check_schema
from app.keys import rows
from app.keys.key import Key, Tier
from app.keys.scopes import Role
from app.keys.secret import Secret, mint
from app.settings import Settings


def create_key(
    settings: Settings,
    customer: str,
    *,
    role: Role = "customer",
    tier: Tier = "standard",
    lifetime: timedelta | None = None,
) -> tuple[Key, Secret]:
    """Return a new key and its secret; `Secret.text` is what the customer gets, and cannot be had again."""
    secret = mint()
    with open_database(settings.database, pool_size=1) as database:
        database.read(check_schema)
        return database.write(rows.add, secret, customer=customer, role=role, tier=tier, lifetime=lifetime), secret


def list_keys(settings: Settings) -> list[Key]:
    """Return all keys, newest first, revoked ones included."""
    with open_database(settings.database, pool_size=1) as database:
        database.read(check_schema)
        return database.read(rows.every)


def revoke_key(settings: Settings, key: str) -> Key | None:
    """Revoke the key with this id or prefix and return it; None when there is none."""
    with open_database(settings.database, pool_size=1) as database:
        database.read(check_schema)
        return database.write(rows.revoke, key)
