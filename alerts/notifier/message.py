"""What people read: a subject and, per alert, what happened, since when, what to do first and where to look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote

from .alertmanager import Alert
from .records import Notification
from .runbooks import first_action
from .settings import DEFAULT_CONSOLE

# A message about a hundred cards helps nobody; the console has them all.
_ALERTS_SHOWN: Final = 10
_SUBJECT_LENGTH: Final = 200


@dataclass(frozen=True, slots=True)
class Link:
    """A place to look, with what one sees there."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Section:
    """One alert, told: `facts` are label and text, in the order in which they help."""

    heading: str
    summary: str
    facts: tuple[tuple[str, str], ...]
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """A notification in words, before it takes the form that a target wants."""

    subject: str
    resolved: bool
    sections: tuple[Section, ...]
    note: str = ""


def subject(notification: Notification) -> str:
    """Return the line that stands in an inbox: status, alert and summary of the first alert, and how many more."""
    first, *others = notification.alerts
    status = "RESOLVED" if notification.status == "resolved" else "FIRING"
    summary = _summary(first)
    more = f" (+{len(others)} more)" if others else ""
    reminder = " (reminder)" if notification.reminder else ""
    line = " ".join(f"[{status}] {first.name}{': ' if summary else ''}{summary}".split())
    return _cut(line, _SUBJECT_LENGTH - len(more) - len(reminder)) + more + reminder


def compose(notification: Notification, console: str) -> Message:
    """Return `notification` in words, with links into the console at the address `console`."""
    return Message(
        subject=subject(notification),
        resolved=notification.status == "resolved",
        sections=tuple(_section(alert, console) for alert in notification.alerts[:_ALERTS_SHOWN]),
        note=_note(notification),
    )


def _section(alert: Alert, console: str) -> Section:
    return Section(
        heading=alert.name,
        summary=_summary(alert),
        facts=tuple((label, text.replace(DEFAULT_CONSOLE, console)) for label, text in _facts(alert) if text),
        links=tuple(_links(alert, console)),
    )


def _summary(alert: Alert) -> str:
    """Return the alert in a line; Prometheus leaves the last figure over the threshold in that of a resolved one."""
    summary = alert.annotations.get("summary", "").strip()
    if alert.status == "firing" or not summary:
        return summary
    return alert.annotations.get("resolved_summary", "").strip() or f"was: {summary}"


def _facts(alert: Alert) -> list[tuple[str, str]]:
    labels = ", ".join(f"{name}={value}" for name, value in sorted(alert.labels.items()) if name != "alertname")
    facts = [
        ("What it was" if alert.until else "What", alert.annotations.get("description", "")),
        ("Value", alert.annotations.get("value", "")),
        ("Since", _moment(alert.since)),
    ]
    if alert.until:
        facts.append(("Until", f"{_moment(alert.until)} (lasted {_spoken(alert.until - alert.since)})"))
    else:
        facts.append(("First action", alert.annotations.get("first_action") or first_action(alert.name)))
    return [*facts, ("Labels", labels)]


def _links(alert: Alert, console: str) -> list[Link]:
    dashboard = alert.annotations.get("dashboard_url") or alert.annotations.get("dashboard") or "/alerts"
    runbook = alert.annotations.get("runbook_url") or f"/runbooks/{quote(alert.name)}"
    links = [Link("Dashboard", _absolute(dashboard, console)), Link("Runbook", _absolute(runbook, console))]
    return [*links, Link("Expression in Prometheus", alert.generator_url)] if alert.generator_url else links


def _absolute(address: str, console: str) -> str:
    path = address.removeprefix(DEFAULT_CONSOLE)
    return path if "://" in path else f"{console}/{path.lstrip('/')}"


def _note(notification: Notification) -> str:
    hidden = max(0, len(notification.alerts) - _ALERTS_SHOWN) + notification.truncated
    notes = [
        "Reminder: you were told before and it still fires." if notification.reminder else "",
        f"{hidden} more alerts of this group are in the console." if hidden else "",
    ]
    return " ".join(note for note in notes if note)


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _spoken(duration: timedelta) -> str:
    minutes, seconds = divmod(max(0, round(duration.total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min"), (seconds, "s"))
    return " ".join(f"{amount} {unit}" for amount, unit in parts if amount) or "0 s"


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
