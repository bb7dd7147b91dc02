"""What the lines of a day add up to."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from stack.report.durations import Durations
from stack.report.tables import Table, pattern
from telemetry.catalog import Event

_START: Final = b'{"timestamp":"'
_STAMP: Final = slice(len(_START), len(_START) + 26)
_REQUEST: Final = b'"event":"' + Event.HTTP_REQUEST.encode() + b'"'
_FINISHED: Final = b'"event":"' + Event.JOB_FINISHED.encode() + b'"'
_SUMMARY: Final = b'"event":"' + Event.DAY_SUMMARY.encode() + b'"'
_TROUBLE: Final = (b'"level":"error"', b'"level":"warning"', b'"level":"critical"')
_FAILED: Final = 500
_REFUSED: Final = 400
_NOBODY: Final = "no customer"


@dataclass(frozen=True)
class Window:
    """A calendar day of a time zone, or all time, as the text of UTC timestamps that compare like the moments."""

    day: date | None
    zone: ZoneInfo

    def bounds(self) -> tuple[bytes, bytes]:
        """Return the first moment within and the first moment after."""
        if self.day is None:
            return b"", b"\xff"
        # Each midnight is asked of the zone: a day has 23 or 25 hours where clocks change.
        return _stamp(self._midnight(self.day)), _stamp(self._midnight(self.day + timedelta(days=1)))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)


def _stamp(moment: datetime) -> bytes:
    return moment.isoformat(timespec="microseconds")[:26].encode()


@dataclass(slots=True)
class Route:
    """Requests to one route."""

    durations: Durations = field(default_factory=Durations)
    failed: int = 0
    refused: int = 0


@dataclass(slots=True)
class Customer:
    """What one customer asked for and was charged."""

    requests: int = 0
    failed: int = 0
    jobs: int = 0
    gpu_seconds: float = 0.0
    cost_usd: float = 0.0
    unpriced_gpu_seconds: float = 0.0


@dataclass(slots=True)
class Trouble:
    """Lines of one pattern at level warning or above."""

    count: int = 0
    level: str = ""
    first: str = ""
    last: str = ""
    trace_id: str | None = None


@dataclass(slots=True)
class Jobs:
    """Jobs with one outcome."""

    count: int = 0
    gpu_seconds: float = 0.0
    cost_usd: float = 0.0
    unpriced_gpu_seconds: float = 0.0
    output_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Ledger:
    """What a day cost by the service's ledger, idle devices included; USD of the time whose price is known."""

    paid_usd: float
    by_kind: Mapping[str, float]
    unpriced_seconds: float
    budget_usd: float | None
    joules: float | None


class Day:
    """Adds lines up. Lives as long as the command."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self._from, self._until = window.bounds()
        self.lines = 0
        self.unreadable = 0
        self.requests = 0
        self.statuses: dict[int, int] = {}
        self.disconnected = 0
        self.routes: Table[Route] = Table(Route, 2_000)
        self.customers: Table[Customer] = Table(Customer, 100_000)
        self.troubles: Table[Trouble] = Table(Trouble, 2_000)
        self.jobs: Table[Jobs] = Table(Jobs, 50)
        self.devices: Table[Jobs] = Table(Jobs, 50)
        #: What the service said of this day when it was over, from its ledger.
        self.ledger: Ledger | None = None

    def add(self, line: bytes) -> None:
        """Count a line of the day in; of others, and of lines that are none of ours, only what they are is counted."""
        if not (line.startswith(_START) and line.rstrip().endswith(b"}")):
            self.unreadable += not line.isspace()
            return
        if not self._from <= line[_STAMP] < self._until:
            if _SUMMARY in line:  # which is written after the day
                self._sum_up(line)
            return
        self.lines += 1
        request, finished = _REQUEST in line, _FINISHED in line
        if not (request or finished or any(level in line for level in _TROUBLE)):
            return
        try:
            fields = json.loads(line)
            self._count(fields)
        except (ValueError, KeyError, TypeError, AttributeError):
            self.lines -= 1
            self.unreadable += 1

    def _count(self, fields: Mapping[str, Any]) -> None:
        event = fields["event"]
        if event == Event.HTTP_REQUEST:
            self._request(fields)
        elif event == Event.JOB_FINISHED:
            self._job(fields)
        if event != Event.HTTP_REQUEST and fields["level"] in {"warning", "error", "critical"}:
            self._trouble(fields)

    def _sum_up(self, line: bytes) -> None:
        try:
            fields = json.loads(line)
            if fields["date"] == str(self.window.day) and fields["time_zone"] == self.window.zone.key:
                self.ledger = Ledger(
                    paid_usd=float(fields["paid_usd"]),
                    by_kind={str(kind): float(usd) for kind, usd in fields["paid_usd_by_kind"].items()},
                    unpriced_seconds=float(fields["unpriced_device_seconds"]),
                    budget_usd=None if fields["budget_usd"] is None else float(fields["budget_usd"]),
                    joules=None if fields["joules"] is None else float(fields["joules"]),
                )
        except (ValueError, KeyError, TypeError, AttributeError):
            self.unreadable += 1

    def _request(self, fields: Mapping[str, Any]) -> None:
        status, seconds = int(fields["status"]), float(fields["duration_seconds"])
        route = self.routes[f"{fields['method']} {fields['route'] or '(no route)'}"]
        route.durations.add(seconds)
        customer = self.customers[fields.get("customer") or _NOBODY]
        customer.requests += 1
        self.requests += 1
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.disconnected += fields.get("outcome") == "disconnected"
        if status >= _FAILED:
            route.failed += 1
            customer.failed += 1
        elif status >= _REFUSED:
            route.refused += 1

    def _job(self, fields: Mapping[str, Any]) -> None:
        gpu_seconds, cost = float(fields.get("gpu_seconds") or 0), float(fields.get("cost_usd") or 0)
        unpriced = gpu_seconds if fields.get("cost_usd") is None else 0.0
        jobs = self.jobs[str(fields["outcome"])], self.devices[str(fields.get("device") or "none")]
        for each in jobs:
            each.count += 1
            each.output_seconds += float(fields.get("output_seconds") or 0)
        customer = self.customers[fields.get("customer") or _NOBODY]
        customer.jobs += 1
        for row in (*jobs, customer):
            row.gpu_seconds += gpu_seconds
            row.cost_usd += cost
            row.unpriced_gpu_seconds += unpriced

    def _trouble(self, fields: Mapping[str, Any]) -> None:
        row = self.troubles[_what(fields)]
        row.count += 1 + int(fields.get("repeated") or 0)
        row.level = str(fields["level"])
        row.first = min(row.first or "~", str(fields["timestamp"]))
        row.last = max(row.last, str(fields["timestamp"]))
        row.trace_id = fields.get("trace_id") or row.trace_id


def _what(fields: Mapping[str, Any]) -> str:
    """Return what tells errors apart: the event, and the class and text of the exception or of the error field."""
    text = pattern(str(fields["event"]))
    raised = fields.get("exception")
    if isinstance(raised, list) and raised and isinstance(raised[0], dict):
        return f"{text}: {raised[0].get('exc_type')}: {pattern(str(raised[0].get('exc_value', '')))}"
    for name in ("error_type", "error", "reason"):
        if fields.get(name):
            return f"{text}: {pattern(str(fields[name]))}"
    return text
