"""The queries on keys, each a function over a connection."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from app.database.tables import api_key
from app.database.times import now
from app.keys import scopes
from app.keys.key import Key, Tier
from app.keys.scopes import Role
from app.keys.secret import Secret

_SHOWN = [column for column in api_key.c if column.name != "hash"]


def add(  # noqa: PLR0913 - each names one fact of the key
    connection: Connection, secret: Secret, *, customer: str, role: Role, tier: Tier, lifetime: timedelta | None = None
) -> Key:
    """Store the hash of `secret` and return the key; `lifetime` None means that it does not expire."""
    moment = now(connection)
    key = Key(
        id=uuid.uuid4().hex,
        prefix=secret.prefix,
        customer=customer,
        role=role,
        tier=tier,
        created_at=moment,
        expires_at=None if lifetime is None else moment + lifetime,
    )
    connection.execute(insert(api_key).values(hash=secret.hash, **_values(key)))
    return key


def every(connection: Connection) -> list[Key]:
    """Return all keys, newest first, revoked ones included."""
    found = connection.execute(select(*_SHOWN).order_by(api_key.c.created_at.desc(), api_key.c.id))
    return [_key(row) for row in found.mappings()]


def by_secret(connection: Connection, secret: Secret) -> Key | None:
    """Return the key that `secret` opens, revoked or not; None when no key has it."""
    row = connection.execute(select(api_key).where(api_key.c.prefix == secret.prefix)).mappings().one_or_none()
    if row is None or not secret.matches(row["hash"]):
        return None
    return _key({column.name: row[column.name] for column in _SHOWN})


def revoke(connection: Connection, key: str) -> Key | None:
    """Revoke the key with this id or prefix and return it; a second time changes nothing. None when there is none."""
    if not key.isprintable():
        return None  # PostgreSQL refuses to look for some of these characters
    wanted = (api_key.c.id == key) | (api_key.c.prefix == key.removeprefix("pv_"))
    connection.execute(update(api_key).where(wanted, api_key.c.revoked_at.is_(None)).values(revoked_at=now(connection)))
    row = connection.execute(select(*_SHOWN).where(wanted)).mappings().one_or_none()
    return None if row is None else _key(row)


def used(connection: Connection, moments: Mapping[str, datetime]) -> None:
    """Note when each of these keys was last used."""
    for key_id, moment in moments.items():
        connection.execute(update(api_key).where(api_key.c.id == key_id).values(last_used_at=moment))


def has_admin(connection: Connection) -> bool:
    """Return whether any administrator's key was ever made."""
    return bool(connection.scalar(select(func.count()).select_from(api_key).where(api_key.c.role == "admin")))


def _values(key: Key) -> dict[str, Any]:
    return {column.name: getattr(key, column.name) for column in _SHOWN} | {"scopes": scopes.stored(key.scopes)}


def _key(row: Mapping[str, Any] | Any) -> Key:
    return Key(**{**row, "scopes": scopes.loaded(row["scopes"])})
