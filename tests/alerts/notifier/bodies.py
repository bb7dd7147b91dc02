"""Bodies as Alertmanager posts them."""

from __future__ import annotations

from typing import Any


def alert(name: str = "ApiErrorRateHigh", status: str = "firing", **changes: Any) -> dict[str, Any]:
    """Return an alert as Alertmanager posts it."""
    return {
        "status": status,
        "labels": {"alertname": name, "severity": "page"},
        "annotations": {
            "summary": "12.5% of requests fail",
            "description": "12.5% of the answers in the last 5 minutes were server errors; the threshold is 5%.",
        },
        "startsAt": "2026-11-21T10:00:00.123456789Z",
        "endsAt": "0001-01-01T00:00:00Z" if status == "firing" else "2026-11-21T10:07:30Z",
        "generatorURL": "http://127.0.0.1:9090/graph?g0.expr=up&g0.tab=1",
        "fingerprint": "0123456789abcdef",
        **changes,
    }


def group(*alerts: dict[str, Any], key: str = '{}:{alertname="ApiErrorRateHigh"}', **changes: Any) -> dict[str, Any]:
    """Return the body of a webhook, with keys of later Alertmanagers that must be ignored."""
    return {
        "receiver": "notifier",
        "status": "firing" if any(one["status"] == "firing" for one in alerts) else "resolved",
        "alerts": list(alerts),
        "groupLabels": {"alertname": "ApiErrorRateHigh"},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://am:9093",
        "version": "4",
        "groupKey": key,
        "truncatedAlerts": 0,
        "notification_reason": "first notification",
        "routeLabels": {"team": "ops"},
        **changes,
    }
