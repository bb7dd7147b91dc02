"""Keys that open /metrics, where a token closes it."""

from __future__ import annotations

from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError

from app.keys.ring import KeyRing
from app.keys.scopes import Scope
from app.keys.secret import parse, parse_foreign


async def may_read_metrics(app: FastAPI, authorization: str) -> bool:
    """Return whether this Authorization header has a key with the scope `metrics:read`; the token needs no database."""
    scheme, _, text = authorization.partition(" ")
    secret = parse(text.strip()) or parse_foreign(text.strip())
    if scheme.lower() != "bearer" or secret is None:
        return False
    ring: KeyRing = app.state.services.keys
    try:
        found = await ring.find(secret)
    except SQLAlchemyError:
        return False
    key, moment = found.key, found.now()
    if key is None or key.status(moment) != "active" or Scope.METRICS_READ not in key.allowed:
        return False
    ring.note_use(key, moment)
    return True
