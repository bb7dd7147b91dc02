"""What can be done to a key that exists: change, rotate, revoke. Each returns the key after that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, select, update

from app.database.tables import api_key
from app.database.times import now
from app.keys import rows, scopes
from app.keys.key import Facts, Key
from app.keys.secret import Secret

#: How long the old key of a rotation goes on working unless another time is asked for.
OVERLAP: Final = timedelta(hours=24)
LONGEST_OVERLAP: Final = timedelta(days=90)
_FACTS: Final = tuple(field.name for field in fields(Facts))


class NoSuchKey(LookupError):  # noqa: N818 - says what happened
    """No key has this id or label."""


class KeyNotActive(ValueError):  # noqa: N818 - says what happened
    """The key was revoked, has expired or was replaced, and can no longer be changed this way."""


def change(connection: Connection, key: str, changes: Callable[[Key], Mapping[str, Any]]) -> tuple[Key, Key]:
    """Give the key other facts and return it before and after; `changes` gets it and returns the new values by name.

    Raises:
        NoSuchKey: there is no such key.
        KeyNotActive: it was revoked; one that has expired may be given more time.
    """
    before = _locked(connection, key)
    if before.revoked_at is not None:
        raise KeyNotActive(f"{before.label} was revoked at {before.revoked_at:%Y-%m-%d %H:%M} UTC; make a new key.")
    values = dict(changes(before))
    if "scopes" in values:
        values["scopes"] = scopes.stored(values["scopes"])
    if values:
        connection.execute(update(api_key).where(api_key.c.id == before.id).values(**values))
    return before, _locked(connection, before.id)


def differences(before: Key, after: Key) -> dict[str, str]:
    """Return what changed between the two, in words for a log."""
    pairs = {name: (_said(getattr(before, name)), _said(getattr(after, name))) for name in _FACTS}
    return {name: f"{was} -> {now}" for name, (was, now) in pairs.items() if was != now}


def rotate(connection: Connection, key: str, secret: Secret, overlap: timedelta = OVERLAP) -> tuple[Key, Key]:
    """Make a key with the same facts and return the old one and it; the old one stops after `overlap`, at once with 0.

    Raises:
        NoSuchKey: there is no such key.
        KeyNotActive: it was revoked, has expired or was rotated before.
    """
    old, moment = _locked(connection, key), now(connection)
    if old.replaced_by is not None:
        raise KeyNotActive(f"{old.label} was rotated before; the key {old.replaced_by} took its place.")
    if old.status(moment) != "active":
        raise KeyNotActive(f"{old.label} is {old.status(moment)}; make a new key.")
    facts = Facts(**{name: getattr(old, name) for name in _FACTS})
    new = rows.add(connection, secret, facts, origin="rotated", lineage=old.lineage or old.id)
    end = moment + overlap if old.expires_at is None else min(moment + overlap, old.expires_at)
    replaced = update(api_key).where(api_key.c.id == old.id).values(replaced_by=new.id, expires_at=end)
    connection.execute(replaced)
    return _locked(connection, old.id), new


def revoke(connection: Connection, key: str, *, by: str, reason: str | None = None) -> tuple[Key, bool]:
    """Revoke the key for good and return it with whether that was new: a second time changes nothing.

    Raises:
        NoSuchKey: there is no such key.
    """
    found = _locked(connection, key)
    if found.revoked_at is not None:
        return found, False
    values = {"revoked_at": now(connection), "revoked_by": by, "revoked_reason": reason}
    connection.execute(update(api_key).where(api_key.c.id == found.id).values(**values))
    return _locked(connection, found.id), True


def _said(value: object) -> str:
    return " ".join(sorted(value)) if isinstance(value, frozenset) else str(value)


def _locked(connection: Connection, key: str) -> Key:
    """Return the key; until the transaction ends nobody else changes it."""
    connection.execute(select(api_key.c.id).where(rows.named(key)).with_for_update())  # SQLite has one writer anyway
    found = rows.find(connection, key)
    if found is None:
        raise NoSuchKey(key)
    return found


def until(moment: datetime, lifetime: timedelta | None) -> datetime | None:
    """Return when a key ends that lasts for `lifetime` from `moment` on; None, and so never, without one."""
    return None if lifetime is None else moment + lifetime
