"""The first administrator's key: written once into a file that only its owner may read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection

from app.database.engine import open_database
from app.database.locks import hold
from app.database.schema import check_schema
from app.keys import rows
from app.keys.key import Facts
from app.keys.secret import Secret, mint, parse
from app.settings import Settings

Outcome = Literal["created", "present", "not needed"]


def bootstrap(settings: Settings) -> Outcome:
    """Make the first administrator's key unless there is one.

    The file is written before the row: after a crash between the two the next call stores the key that the file holds,
    so that there is never an administrator whose key nobody has.

    Returns:
        "created" when the key in the file is new, "present" when the file's key is already known, "not needed" when
        an administrator exists and the file was taken away.
    """
    if settings.first_key_file is None:
        raise ValueError("PLAINVIEW_FIRST_KEY_FILE is not set: it names the file that gets the first key.")
    with open_database(settings.database, pool_size=1) as database:
        database.read(check_schema)
        return database.write(_bootstrap, settings.first_key_file)


def _bootstrap(connection: Connection, path: Path) -> Outcome:
    hold(connection, "first key")  # of nodes that are set up together one makes it
    secret = _read(path)
    if secret is None:
        if rows.has_admin(connection):
            return "not needed"
        secret = mint()
        _write(path, secret)
    if secret.hash in rows.by_secrets(connection, [secret])[0]:
        return "present"
    rows.add(connection, secret, Facts(customer="admin", role="admin", tier="premium"), origin="bootstrap")
    return "created"


def _read(path: Path) -> Secret | None:
    try:
        return parse(path.read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        return None


def _write(path: Path, secret: Secret) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as stream:  # noqa: PTH123
        stream.write(f"{secret.text}\n")
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)
