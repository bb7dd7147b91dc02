"""Keys for programs that are not the API, such as the command line: plain calls with the settings.

The database must be migrated; `app.database.schema.WrongSchemaError` says so where it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

from app.budgets.budget import of_settings
from app.budgets.standing import Standing, of_customer
from app.clock import utc_now
from app.database.engine import Database, open_database
from app.database.schema import check_schema
from app.keys import changes, rows
from app.keys.key import Facts, Key, Status, Tier
from app.keys.making import make
from app.keys.scopes import Role
from app.keys.secret import Secret, mint
from app.ledger.calendar import Period
from app.settings import Settings

_NONE: Final[Mapping[Period, int]] = {}


def create_key(
    settings: Settings,
    customer: str,
    *,
    role: Role = "customer",
    tier: Tier = "standard",
    lifetime: timedelta | None = None,
) -> tuple[Key, Secret]:
    """Return a new key with few words and its secret; see `add_key`."""
    return add_key(
        settings, Facts(customer=customer, role=role, tier=tier, expires_at=changes.until(utc_now(), lifetime))
    )


def add_key(
    settings: Settings, facts: Facts, budgets: Mapping[Period, int] = _NONE, *, by: str = ""
) -> tuple[Key, Secret]:
    """Return a new key and its secret; `Secret.text` is what the customer gets, and cannot be had again.

    `budgets` are the hard ones to set for the key's customer, in nano-dollars, and `by` who sets them.
    """
    secret = mint()
    with _database(settings) as database:
        return database.write(make, secret, facts, budgets, by=by), secret


def list_keys(settings: Settings, *, customer: str | None = None, status: Status | None = None) -> list[Key]:
    """Return all keys, newest first, revoked ones included, or those of a customer or in a state."""
    with _database(settings) as database:
        return database.read(rows.every, customer=customer, status=status)


def find_key(settings: Settings, key: str) -> Key:
    """Return the key with this id or label.

    Raises:
        changes.NoSuchKey: there is none.
    """
    with _database(settings) as database:
        found = database.read(rows.find, key)
    if found is None:
        raise changes.NoSuchKey(key)
    return found


def budgets_of(settings: Settings, customer: str) -> list[Standing]:
    """Return the budgets that count for a customer, and how they stand."""
    with _database(settings) as database:
        return database.read(of_customer, of_settings(settings), settings.zone, customer)


def change_key(settings: Settings, key: str, values: Callable[[Key], Mapping[str, Any]]) -> tuple[Key, Key]:
    """Change the key and return it before and after; see `changes.change`."""
    with _database(settings) as database:
        return database.write(changes.change, key, values)


def rotate_key(settings: Settings, key: str, overlap: timedelta = changes.OVERLAP) -> tuple[Key, Key, Secret]:
    """Rotate the key and return the old one, the new one and its secret; see `changes.rotate`."""
    secret = mint()
    with _database(settings) as database:
        return *database.write(changes.rotate, key, secret, overlap), secret


def revoke_key(settings: Settings, key: str, *, by: str, reason: str | None = None) -> Key:
    """Revoke the key and return it; see `changes.revoke`."""
    with _database(settings) as database:
        return database.write(changes.revoke, key, by=by, reason=reason)[0]


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    with open_database(settings.database, pool_size=1) as database:
        database.read(check_schema)
        yield database
