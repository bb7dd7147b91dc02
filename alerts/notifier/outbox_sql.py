"""The outbox's tables and its longer statements."""

from __future__ import annotations

from typing import Final

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS notification (
    id INTEGER PRIMARY KEY, group_key TEXT NOT NULL, status TEXT NOT NULL, received_at REAL NOT NULL,
    reminder INTEGER NOT NULL, truncated INTEGER NOT NULL, title TEXT NOT NULL, alerts TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS last_told (
    group_key TEXT NOT NULL, identity TEXT NOT NULL, status TEXT NOT NULL, starts_at TEXT NOT NULL, told_at REAL NOT NULL,
    PRIMARY KEY (group_key, identity)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS delivery (
    id INTEGER PRIMARY KEY, notification_id INTEGER NOT NULL REFERENCES notification ON DELETE CASCADE,
    target TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    due_at REAL NOT NULL, finished_at REAL, error TEXT, UNIQUE (notification_id, target));
CREATE INDEX IF NOT EXISTS delivery_pending ON delivery (target, due_at) WHERE state = 'pending';
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value REAL) WITHOUT ROWID;
"""

# A later message of a group never overtakes an earlier one: "resolved" before "firing" would mislead.
DUE: Final = """
SELECT d.id, d.attempts, d.due_at, n.group_key, n.status, n.received_at, n.reminder, n.truncated, n.alerts
FROM delivery d JOIN notification n ON n.id = d.notification_id
WHERE d.state = 'pending' AND d.target = ?1 AND NOT EXISTS (
    SELECT 1 FROM delivery e JOIN notification m ON m.id = e.notification_id
    WHERE e.state = 'pending' AND e.target = ?1 AND m.group_key = n.group_key AND m.id < n.id)
ORDER BY d.due_at, d.id LIMIT 1
"""

# Whoever mends a wrong URL or a revoked token gives the target a new identity; its messages go to it all the same.
ADOPT: Final = """
INSERT OR IGNORE INTO delivery (notification_id, target, kind, state, due_at)
SELECT DISTINCT notification_id, ?, ?, 'pending', ? FROM delivery WHERE state = 'pending' AND target NOT IN ({known})
"""

RECENT: Final = """
SELECT n.id, n.title, n.status, n.received_at, n.reminder, d.kind, d.target, d.state, d.attempts, d.due_at,
       d.finished_at, d.error
FROM notification n LEFT JOIN delivery d ON d.notification_id = n.id ORDER BY n.id DESC, d.id LIMIT ?
"""


ABANDON_GONE: Final = """
UPDATE delivery SET state = 'abandoned', finished_at = ?, error = 'target is no longer configured'
WHERE state = 'pending' AND target NOT IN ({known})
"""

PRUNE: Final = """
DELETE FROM notification WHERE received_at < ?
AND id NOT IN (SELECT notification_id FROM delivery WHERE state = 'pending')
"""
