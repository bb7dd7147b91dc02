"""The queries on keys, each a function over a connection."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, func, insert, or_, select, update
from sqlalchemy.engine import RowMapping

from app.database.tables import api_key
from app.database.times import now
from app.keys import scopes
from app.keys.key import Facts, Key, Origin, Status
from app.keys.secret import Secret, mint
from app.pagination import newest_first

_SHOWN = [column for column in api_key.c if column.name != "hash"]


def add(
    connection: Connection, secret: Secret, facts: Facts, *, origin: Origin = "created", lineage: str | None = None
) -> Key:
    """Store the hash of `secret` and return the key."""
    known = asdict(facts) | {"prefix": secret.prefix or mint().prefix, "origin": origin, "lineage": lineage}
    key = Key(id=uuid.uuid4().hex, created_at=now(connection), **known)
    values = {column.name: getattr(key, column.name) for column in _SHOWN} | {"scopes": scopes.stored(key.scopes)}
    connection.execute(insert(api_key).values(hash=secret.hash, **values))
    return key


def every(connection: Connection, *, customer: str | None = None, status: Status | None = None) -> list[Key]:
    """Return all keys, newest first, or those of a customer or in a state."""
    wanted = _wanted(connection, customer, status).order_by(api_key.c.created_at.desc(), api_key.c.id.desc())
    return [_key(row) for row in connection.execute(wanted).mappings()]


def newest(
    connection: Connection, *, customer: str | None, status: Status | None, after: str | None, limit: int
) -> list[Key]:
    """Return a page of the same list and one key more, which says whether there is another page."""
    wanted = newest_first(
        _wanted(connection, customer, status), api_key.c.created_at, api_key.c.id, after=after, limit=limit
    )
    return [_key(row) for row in connection.execute(wanted).mappings()]


def find(connection: Connection, key: str) -> Key | None:
    """Return the key with this id or label; None when there is none."""
    row = connection.execute(select(*_SHOWN).where(named(key))).mappings().one_or_none()
    return None if row is None else _key(row)


def some(connection: Connection, ids: Iterable[str]) -> tuple[dict[str, Key], datetime]:
    """Return the keys with these ids, by their ids, and the database's time."""
    moment = now(connection)
    found = connection.execute(select(*_SHOWN).where(api_key.c.id.in_(ids))).mappings()
    return {row["id"]: _key(row) for row in found}, moment


def by_secrets(connection: Connection, secrets: Iterable[Secret]) -> tuple[dict[str, Key], datetime]:
    """Return the keys that these secrets open, revoked or not, by the secrets' hashes, and the database's time.

    A key of ours is found by its prefix, and its hash then compared in constant time; others only have their hash.
    """
    moment = now(connection)
    by_prefix: dict[str, list[Secret]] = defaultdict(list)
    for secret in secrets:
        by_prefix[secret.prefix].append(secret)
    foreign = [secret.hash for secret in by_prefix.pop("", ())]
    wanted = or_(api_key.c.prefix.in_(by_prefix), api_key.c.hash.in_(foreign))
    rows = list(connection.execute(select(api_key).where(wanted)).mappings())
    opened = {row["hash"] for row in rows for secret in by_prefix[row["prefix"]] if secret.matches(row["hash"])}
    return {row["hash"]: _key(row) for row in rows if row["hash"] in opened.union(foreign)}, moment


def used(connection: Connection, moments: Mapping[str, datetime]) -> None:
    """Note when each of these keys was last used; the latest that any node saw stays."""
    later = or_(api_key.c.last_used_at.is_(None), api_key.c.last_used_at < bindparam("moment"))
    note = update(api_key).where(api_key.c.id == bindparam("key"), later).values(last_used_at=bindparam("moment"))
    # In one order on every node, or two of them could each wait for a row that the other has locked.
    connection.execute(note, [{"key": key, "moment": moment} for key, moment in sorted(moments.items())])


def has_admin(connection: Connection) -> bool:
    """Return whether any administrator's key was ever made."""
    return bool(connection.scalar(select(func.count()).select_from(api_key).where(api_key.c.role == "admin")))


def named(key: str) -> ColumnElement[bool]:
    """Return the condition for the key with this id or label."""
    text = key if key.isprintable() else ""  # PostgreSQL refuses to look for some of these characters
    return or_(api_key.c.id == text, api_key.c.prefix == text.removeprefix("pv_").removeprefix("env_"))


def _wanted(connection: Connection, customer: str | None, status: Status | None) -> Select[Any]:
    query = select(*_SHOWN) if customer is None else select(*_SHOWN).where(api_key.c.customer == customer)
    return query if status is None else query.where(_in_state(status, now(connection)))


def _in_state(status: Status, moment: datetime) -> ColumnElement[bool]:
    revoked, ended = api_key.c.revoked_at.is_not(None), api_key.c.expires_at <= moment
    lasts = or_(api_key.c.expires_at.is_(None), api_key.c.expires_at > moment)
    return {"revoked": revoked, "expired": and_(~revoked, ended), "active": and_(~revoked, lasts)}[status]


def _key(row: RowMapping) -> Key:
    known: dict[str, Any] = {column.name: row[column.name] for column in _SHOWN}
    return Key(**known | {"scopes": scopes.loaded(known["scopes"])})
