"""What holds callers and dependencies off: wrong keys, limits, breakers."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from alerts import thresholds
from alerts.expressions import limit
from alerts.rule import Rule
from dashboards.queries import counted, select
from telemetry import catalog

WRONG: Final = select(catalog.AUTH_ATTEMPTS, 'outcome=~"malformed|unknown|revoked|expired"')
HELD_OFF: Final = select(catalog.RATE_LIMIT_DECISIONS, 'limiter="failures",outcome="limited"')
ALONE: Final = select(catalog.RATE_LIMIT_DEGRADED)
# A Redis that is away has an alert of its own, and so have notifications that are not delivered.
NOT_CLOSED: Final = select(catalog.BREAKER_STATE, 'state!="closed",breaker!="redis",job!="notifier"')

RULES: Final = (
    Rule(
        alert="AuthFailuresHigh",
        group="service",
        expr=f"""\
(
{counted(WRONG, "10m")}
+
{counted(HELD_OFF, "10m")}
or
{counted(WRONG, "10m")}
)
  > {limit(thresholds.AUTH_FAILURES)}""",
        hold=timedelta(seconds=30),
        severity="ticket",
        summary='{{ $value | printf "%.0f" }} requests with wrong keys in 10 minutes',
        description='{{ $value | printf "%.0f" }} requests in 10 minutes had a key that is malformed, unknown, revoked or expired, or came from an address with too many of those. Somebody tries keys, or a caller was left with an old one.',
        dashboard="plainview-service",
    ),
    Rule(
        alert="BreakerOpen",
        group="service",
        expr=f"sum by (job, breaker) ({NOT_CLOSED}) > 0",
        hold=timedelta(minutes=1),
        severity="ticket",
        summary="{{ $labels.job }} leaves {{ $labels.breaker }} alone, for its calls fail",
        description='{{ $value | printf "%.0f" }} processes of {{ $labels.job }} have kept calls to {{ $labels.breaker }} from being made for a minute, as several failed in a row. One call every few seconds looks whether it is back.',
        dashboard="plainview-service",
    ),
    Rule(
        alert="RateLimitsNotShared",
        group="service",
        expr=f"max by (job) ({ALONE}) > 0",
        hold=timedelta(minutes=2),
        severity="ticket",
        summary="Limits of {{ $labels.job }} are counted by each process, for Redis is away",
        description="{{ $labels.job }} has not reached Redis for two minutes. No request fails because of it; a caller may get as many times its limit as there are processes.",
        dashboard="plainview-service",
    ),
)
