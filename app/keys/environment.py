"""A key that an older deployment had in its environment: taken into the database once, where it is like any other."""

from __future__ import annotations

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from app.database.engine import AsyncDatabase
from app.keys import rows
from app.keys.key import Facts, Key
from app.keys.secret import Secret, parse_foreign
from app.settings import Settings
from telemetry.catalog import Event
from telemetry.logs import get_logger

_log = get_logger(__name__)


async def migrate_key(database: AsyncDatabase, settings: Settings) -> Key | None:
    """Store the hash of `PLAINVIEW_API_KEY` unless it was stored before; return the key when that was now.

    What was done to it since stays: a revoked key is not made good by the variable. A key of our own form, which commands
    send, is left alone: it is in the database of the service that made it.
    """
    secret = None if settings.api_key is None else parse_foreign(settings.api_key.get_secret_value())
    if secret is None:
        return None
    try:
        key = await database.write(_add_once, secret, settings.api_key_customer)
    except IntegrityError:  # another node that starts now was first
        return None
    if key is not None:
        _log.warning(
            Event.KEY_MIGRATED,
            key=key.label,
            key_customer=key.customer,
            by="PLAINVIEW_API_KEY",
            detail="The key is in the database now: rotate it and take the variable away.",
        )
    return key


def _add_once(connection: Connection, secret: Secret, customer: str) -> Key | None:
    if secret.hash in rows.by_secrets(connection, [secret])[0]:
        return None
    return rows.add(connection, secret, Facts(customer=customer, name="environment"), origin="environment")
