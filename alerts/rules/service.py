"""The service: is it there, and do requests succeed?"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from alerts import thresholds
from alerts.expressions import SERVICE_ANSWERS, SERVICE_ERRORS, limit, share, value_of
from alerts.rule import Rule
from dashboards import recorded
from dashboards.queries import counted

RULES: Final = (
    Rule(
        alert="ServiceDown",
        group="service",
        expr='up{job="api"} == 0',
        hold=timedelta(seconds=30),
        severity="page",
        summary="The service at {{ $labels.instance }} does not answer",
        description="Prometheus could not read {{ $labels.instance }} for 30 seconds. Requests to it fail.",
    ),
    Rule(
        alert="ServiceAbsent",
        group="service",
        expr='absent(up{job="api"})',
        hold=timedelta(minutes=1),
        severity="page",
        summary="The service is not monitored",
        description="Prometheus has no target of job api: the service is gone or its discovery is broken, and nobody would see it fail.",
    ),
    Rule(
        alert="ApiErrorRateHigh",
        group="service",
        # The short window ends the alert a minute after the errors end, the long one keeps a handful of errors from
        # starting it. A burst between two scrapes is in the short window for less than a minute: `for` is shorter.
        expr=f"""\
{recorded.ERROR_RATIO.name}
  > {limit(thresholds.ERROR_RATIO)}
and
{share(SERVICE_ERRORS, SERVICE_ANSWERS, "1m")}
  > {limit(thresholds.ERROR_RATIO)}
and
{counted(SERVICE_ANSWERS, "5m")}
  >= {limit(thresholds.ERROR_MIN_REQUESTS)}""",
        hold=timedelta(seconds=30),
        severity="page",
        summary="{{ $value | humanizePercentage }} of requests fail",
        description=(
            "{{ $value | humanizePercentage }} of the answers in the last 5 minutes were server errors; the threshold is "
            f"{{{{ {value_of(thresholds.ERROR_RATIO)} | humanizePercentage }}}}."
        ),
    ),
)
