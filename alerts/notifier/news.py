"""What of a group people do not know yet, and its rows in the outbox; both inside the caller's transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Literal

from pydantic import TypeAdapter

from .alertmanager import Alert, Group, Status
from .message import subject
from .records import Notification, Recipient

# Alertmanager repeats what still fires every `repeat_interval` (4 h by default) as a reminder; what it sends again
# within minutes is a retry whose first 200 it did not see.
REMINDER_AFTER: Final = timedelta(hours=3)

ALERTS: Final = TypeAdapter(tuple[Alert, ...])


def news(sql: sqlite3.Connection, group: Group, status: Status, alerts: list[Alert], now: float) -> Notification | None:
    """Return what of `alerts` people do not know yet, None when they know it all."""
    found = [(alert, _kind_of_news(sql, group.group_key, alert, now)) for alert in alerts]
    told = [(alert, kind) for alert, kind in found if kind]
    if not told:
        return None
    return Notification(
        group.group_key,
        status,
        tuple(alert for alert, _ in told),
        now,
        reminder=all(kind == "reminder" for _, kind in told),
        truncated=group.truncated,
    )


def store(sql: sqlite3.Connection, notification: Notification, recipients: Sequence[Recipient]) -> None:
    """Insert `notification` with a delivery for each recipient."""
    row = sql.execute(
        "INSERT INTO notification (group_key, status, received_at, reminder, truncated, title, alerts) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (
            notification.group_key,
            notification.status,
            notification.received_at,
            notification.reminder,
            notification.truncated,
            subject(notification),
            ALERTS.dump_json(notification.alerts, by_alias=True).decode(),
        ),
    ).fetchone()
    key, status, now = notification.group_key, notification.status, notification.received_at
    sql.executemany(
        "INSERT OR REPLACE INTO last_told VALUES (?, ?, ?, ?, ?)",
        [(key, alert.identity, status, alert.since.isoformat(), now) for alert in notification.alerts],
    )
    sql.executemany(
        "INSERT INTO delivery (notification_id, target, kind, state, due_at) VALUES (?, ?, ?, 'pending', ?)",
        [(row["id"], recipient.id, recipient.kind, now) for recipient in recipients],
    )


def _kind_of_news(
    sql: sqlite3.Connection, group_key: str, alert: Alert, now: float
) -> Literal["change", "reminder"] | None:
    """Compare with what was said last of this alert: a retry repeats status and start, anything else is a change."""
    last = sql.execute(
        "SELECT status, starts_at, told_at FROM last_told WHERE group_key = ? AND identity = ?",
        (group_key, alert.identity),
    ).fetchone()
    if last is None or (last["status"], last["starts_at"]) != (alert.status, alert.since.isoformat()):
        return "change"
    old = now - last["told_at"] >= REMINDER_AFTER.total_seconds()
    return "reminder" if old and alert.status == "firing" else None
