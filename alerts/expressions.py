"""PromQL that several rules share."""

from __future__ import annotations

from typing import Final

from alerts.thresholds import Threshold
from dashboards import queries
from telemetry import catalog

SERVICE_ANSWERS: Final = queries.select(catalog.HTTP_REQUEST_DURATION, queries.SERVICE, part="count")
SERVICE_ERRORS: Final = queries.select(
    catalog.HTTP_REQUEST_DURATION, f"{queries.SERVICE},{queries.SERVER_ERROR}", part="count"
)


def in_force(threshold: Threshold) -> str:
    """Return a vector of one: the threshold that the notifier publishes, else the default."""
    published = queries.threshold(threshold.alert)
    return f"({published} or vector({threshold.default:g}))"


def limit(threshold: Threshold) -> str:
    """Return the threshold as a scalar, so that it compares with any set of labels."""
    return f"scalar{in_force(threshold)}"


def value_of(threshold: Threshold) -> str:
    """Return the Prometheus template expression for the threshold in force."""
    return f"query `{in_force(threshold)}` | first | value"


def share(part: str, whole: str, window: str) -> str:
    """Return the share of events: nothing while there is none, also where `part` was never seen."""
    return f"{queries.counted(part, window)}\n  /\n{queries.counted(whole, window)}"


def kept(selector: str) -> str:
    """Return a gauge's last value, for five minutes: a restart or a reading that failed does not end the alert."""
    return f"last_over_time({selector}[5m])"


def target_name(label: str) -> str:
    """Return the Prometheus template that shows a target's id as people know it: `slack (03095b0c)`."""
    return f'{{{{ reReplaceAll "^(.+?)-([0-9a-f]{{8}}(?:-[0-9]+)?)$" "$1 ($2)" {label} }}}}'


def usd(value: str) -> str:
    """Return the Prometheus template that shows an amount: cents, and four places where a cent is too coarse."""
    return f'${{{{ printf (or (and (lt {value} 1.0) "%.4f") "%.2f") {value} }}}}'
