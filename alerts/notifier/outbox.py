"""The outbox: what Alertmanager said and who still has to be told, on disk before Alertmanager gets its 200.

One SQLite file, synchronous FULL: an answered alert survives a power cut. One connection behind a lock serves the
server's threads and the targets' threads; each call is one short transaction.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from . import outbox_sql as statements
from .alertmanager import Group
from .errors import OutboxUnavailable
from .news import ALERTS, news, store
from .records import Delivery, Notification, Recipient

_KEEP: Final = timedelta(days=30)


class Outbox:
    """The outbox's file, open; lives as long as the process."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    def accept(self, group: Group, recipients: Sequence[Recipient], now: float) -> list[Notification]:
        """Store what is new in `group` with one delivery per recipient; return it once it is on disk."""
        with self._transaction() as sql:
            found = [news(sql, group, status, alerts, now) for status, alerts in group.parts()]
            stored = [notification for notification in found if notification]
            for notification in stored:
                store(sql, notification, recipients)
        return stored

    def next_delivery(self, target: str) -> Delivery | None:
        """Return the delivery to `target` that is due first, whether due yet or not."""
        with self._transaction() as sql:
            row = sql.execute(statements.DUE, (target,)).fetchone()
        return None if row is None else _delivery(row)

    def finish(self, delivery: Delivery, state: str, error: str | None, now: float) -> None:
        """Record that a delivery ended as `delivered` or `abandoned`."""
        with self._transaction() as sql:
            sql.execute(
                "UPDATE delivery SET state = ?, attempts = attempts + 1, finished_at = ?, error = ? WHERE id = ?",
                (state, now, error, delivery.id),
            )

    def postpone(self, delivery: Delivery, due_at: float, error: str) -> None:
        """Record that a delivery failed and when it is tried again."""
        with self._transaction() as sql:
            sql.execute(
                "UPDATE delivery SET attempts = attempts + 1, due_at = ?, error = ? WHERE id = ?",
                (due_at, error, delivery.id),
            )

    def recent(self, limit: int) -> list[dict[str, Any]]:
        """Return the last deliveries, newest notification first; one row with no target where nobody was told."""
        with self._transaction() as sql:
            return [dict(row) for row in sql.execute(statements.RECENT, (limit,))]

    def pending(self) -> int:
        """Return how many deliveries are stored and not made."""
        with self._transaction() as sql:
            return int(sql.execute("SELECT count(*) FROM delivery WHERE state = 'pending'").fetchone()[0])

    def adopt(self, recipients: Sequence[Recipient], now: float) -> int:
        """Hand deliveries of targets that are no longer configured to those that are; make all pending ones due.

        Returns the number of deliveries whose target is gone.
        """
        with self._transaction() as sql:
            sql.execute("UPDATE delivery SET due_at = ? WHERE state = 'pending'", (now,))
            if not recipients:
                return 0
            ids = [recipient.id for recipient in recipients]
            known = ", ".join("?" for _ in ids)
            for recipient in recipients:
                sql.execute(statements.ADOPT.format(known=known), (recipient.id, recipient.kind, now, *ids))
            gone = sql.execute(statements.ABANDON_GONE.format(known=known), (now, *ids))
            return gone.rowcount

    def fact(self, name: str) -> float | None:
        """Return the number kept under `name`, None when there is none."""
        with self._transaction() as sql:
            row = sql.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return None if row is None else row[0]

    def remember(self, name: str, value: float | None) -> None:
        """Keep a number under `name`."""
        with self._transaction() as sql:
            sql.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))

    def prune(self, now: float) -> None:
        """Forget what was told a month ago and has nothing pending."""
        before = now - _KEEP.total_seconds()
        with self._transaction() as sql:
            sql.execute(statements.PRUNE, (before,))
            sql.execute("DELETE FROM last_told WHERE told_at < ?", (before,))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._lock:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                    self._connection.execute("COMMIT")
                except BaseException:
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
                    raise
        except sqlite3.Error as error:
            raise OutboxUnavailable(f"the outbox cannot be used: {error}") from error


@contextmanager
def open_outbox(path: Path) -> Iterator[Outbox]:
    """Open the outbox at `path`, made readable by its owner only when it is new.

    Raises:
        OutboxUnavailable: the folder cannot be written or the file is not an outbox.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
    except (OSError, sqlite3.Error) as error:
        raise OutboxUnavailable(f"cannot open the outbox {path}: {error}") from error
    with closing(connection):
        connection.row_factory = sqlite3.Row
        try:
            connection.executescript(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;" + statements.SCHEMA
            )
        except sqlite3.Error as error:
            raise OutboxUnavailable(f"cannot open the outbox {path}: {error}") from error
        yield Outbox(connection)


def _delivery(row: sqlite3.Row) -> Delivery:
    notification = Notification(
        group_key=row["group_key"],
        status=row["status"],
        alerts=ALERTS.validate_json(row["alerts"]),
        received_at=row["received_at"],
        reminder=bool(row["reminder"]),
        truncated=row["truncated"],
    )
    return Delivery(row["id"], row["attempts"], row["due_at"], notification)
