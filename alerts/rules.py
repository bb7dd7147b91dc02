"""The table of alerts: a symptom that someone feels, how long it must last, and what to say.

A page means now, a ticket this week. Runbook and dashboard links are added to all of them by the
builder; windows are a few minutes so that an alert resolves soon after its cause is gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from alerts import thresholds
from alerts.expressions import (
    BUDGET_DAY,
    COST_DAY,
    SERVICE_ANSWERS,
    SERVICE_ERRORS,
    TARGET_FAILED,
    limit,
    share,
    value_of,
)
from telemetry import catalog

Severity = Literal["page", "ticket", "none"]
Dashboard = Literal["plainview-overview", "plainview-jobs", "plainview-gpu"]

NOW: Final = timedelta(0)
DAY_BUDGET: Final = f'{{{{ query `max({BUDGET_DAY})` | first | value | printf "%.2f" }}}}'


@dataclass(frozen=True, slots=True)
class Rule:
    """One alerting rule.

    Attributes:
        expr: PromQL, on several lines where it is long.
        hold: how long `expr` must be true before the alert fires.
        summary: one line for a phone; may use Prometheus templates.
        description: what is going on, with figures.
        dashboard: where to look first.
    """

    alert: str
    group: str
    expr: str
    hold: timedelta
    severity: Severity
    summary: str
    description: str
    dashboard: Dashboard = "plainview-overview"


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
        # The short window ends the alert a minute after the errors end; the long one keeps a blip from starting it.
        expr=f"""\
{share(SERVICE_ERRORS, SERVICE_ANSWERS, "5m")}
  > {limit(thresholds.ERROR_RATIO)}
and
{share(SERVICE_ERRORS, SERVICE_ANSWERS, "1m")}
  > {limit(thresholds.ERROR_RATIO)}
and
sum (increase({SERVICE_ANSWERS}[5m]))
  >= {limit(thresholds.ERROR_MIN_REQUESTS)}""",
        hold=timedelta(minutes=1),
        severity="page",
        summary="{{ $value | humanizePercentage }} of requests fail",
        description=(
            "{{ $value | humanizePercentage }} of the answers in the last 5 minutes were server errors; the threshold is "
            f"{{{{ {value_of(thresholds.ERROR_RATIO)} | humanizePercentage }}}}."
        ),
    ),
    Rule(
        alert="WorkerDown",
        group="jobs",
        expr='up{job="worker"} == 0\nor\nabsent(up{job="worker"})',
        hold=timedelta(minutes=1),
        severity="ticket",
        summary="{{ if $labels.instance }}The worker at {{ $labels.instance }} does not answer{{ else }}No worker is monitored{{ end }}",
        description="A worker has not answered for a minute. Its jobs go to another worker or wait; QueueStuck pages when they wait.",
        dashboard="plainview-jobs",
    ),
    Rule(
        alert="JobsFailing",
        group="jobs",
        expr=f"""\
{share(catalog.JOB_FINISHED.name + '{outcome="failed"}', catalog.JOB_FINISHED.name + '{outcome=~"succeeded|failed"}', "15m")}
  > {limit(thresholds.JOB_FAILURE_RATIO)}
and
sum (increase({catalog.JOB_FINISHED.name}{{outcome=~"succeeded|failed"}}[15m]))
  >= {limit(thresholds.JOB_MIN_FINISHED)}""",
        hold=timedelta(minutes=1),
        severity="page",
        summary="{{ $value | humanizePercentage }} of jobs fail",
        description=(
            "{{ $value | humanizePercentage }} of the jobs that finished in the last 15 minutes failed; the threshold is "
            f"{{{{ {value_of(thresholds.JOB_FAILURE_RATIO)} | humanizePercentage }}}}."
        ),
        dashboard="plainview-jobs",
    ),
    Rule(
        alert="QueueStuck",
        group="jobs",
        # Either the queue does not move, or something waits and no worker has shown itself for a minute.
        expr=f"""\
max by (operation) ({catalog.JOB_OLDEST_QUEUED.name})
  > {limit(thresholds.QUEUE_SECONDS)}
or
(
  max by (operation) ({catalog.JOB_OLDEST_QUEUED.name}) > 30
  and on ()
  (
    time() - max({catalog.WORKER_HEARTBEAT.name}) > 60
    or
    absent({catalog.WORKER_HEARTBEAT.name})
  )
)""",
        hold=timedelta(minutes=1),
        severity="page",
        summary="Jobs wait: the oldest for {{ $value | humanizeDuration }}",
        description=(
            "The oldest queued {{ $labels.operation }} job has waited for {{ $value | humanizeDuration }}; the threshold is "
            f"{{{{ {value_of(thresholds.QUEUE_SECONDS)} | humanizeDuration }}}}, or 30s while no worker is alive."
        ),
        dashboard="plainview-jobs",
    ),
    Rule(
        alert="CostDayOverBudget",
        group="cost",
        expr=f"""\
max by (period) ({COST_DAY})
  > on (period)
max by (period) ({BUDGET_DAY})""",
        hold=NOW,
        severity="page",
        summary='Jobs cost ${{ $value | printf "%.2f" }} today, more than the daily budget of $' + DAY_BUDGET,
        description=(
            'Device time since midnight cost ${{ $value | printf "%.2f" }}; the daily budget is $'
            + DAY_BUDGET
            + ". Jobs are still accepted."
        ),
        dashboard="plainview-jobs",
    ),
    Rule(
        alert="GpuLost",
        group="gpu",
        # Fewer cards than before counts only within one life of the worker: a restart may change the set on purpose.
        expr=f"""\
min by (instance, gpu_uuid) ({catalog.GPU_AVAILABLE.name}) == 0
or
(
  {catalog.GPU_COUNT.name} < max_over_time({catalog.GPU_COUNT.name}[6h])
  unless on (job, instance)
  changes(process_start_time_seconds[6h]) > 0
)""",
        hold=timedelta(minutes=1),
        severity="page",
        summary="{{ if $labels.gpu_uuid }}GPU {{ $labels.gpu_uuid }} stopped answering{{ else }}{{ $labels.instance }} has fewer GPUs than before{{ end }}",
        description="{{ if $labels.gpu_uuid }}The card {{ $labels.gpu_uuid }} at {{ $labels.instance }} has not answered for a minute.{{ else }}The driver at {{ $labels.instance }} counts {{ $value }} cards, fewer than in the last 6 hours.{{ end }} Jobs on it fail or wait.",
        dashboard="plainview-gpu",
    ),
    Rule(
        alert="GpuReadingsStale",
        group="gpu",
        expr=f"""\
(
  time() - max by (job, instance) ({catalog.GPU_LAST_SUCCESS.name})
  > {limit(thresholds.GPU_STALE_SECONDS)}
)
unless on (job, instance)
{catalog.GPU_COUNT.name} == 0""",
        hold=timedelta(seconds=30),
        severity="ticket",
        summary="GPU readings of {{ $labels.instance }} are {{ $value | humanizeDuration }} old",
        description="No complete reading of the cards at {{ $labels.instance }} for {{ $value | humanizeDuration }}: what the GPU dashboard shows is history.",
        dashboard="plainview-gpu",
    ),
    Rule(
        alert="NotifierDown",
        group="notifications",
        expr='up{job="notifier"} == 0\nor\nabsent(up{job="notifier"})',
        hold=timedelta(minutes=1),
        severity="page",
        summary="Nobody is told about alerts: the notifier does not answer",
        description="Prometheus could not read the notifier for a minute. Alertmanager keeps alerts and tries again; until the notifier is back they show in the console only.",
    ),
    Rule(
        alert="NotificationsFailing",
        group="notifications",
        expr=f"""\
sum by (target) (increase({TARGET_FAILED}[10m]))
  >= {limit(thresholds.NOTIFICATION_FAILURES)}
unless on (target)
sum by (target) (increase({catalog.NOTIFICATION_DELIVERIES.name}{{outcome="delivered"}}[10m])) > 0""",
        hold=timedelta(seconds=30),
        severity="page",
        summary="Notifications to {{ $labels.target }} are not delivered",
        description='{{ $value | printf "%.0f" }} attempts to deliver to {{ $labels.target }} failed in 10 minutes and none succeeded. Alerts do not reach whoever reads there.',
    ),
    Rule(
        alert="Watchdog",
        group="notifications",
        expr="vector(1)",
        hold=NOW,
        severity="none",
        summary="The alert path works",
        description="Always fires. When it stops arriving, Prometheus, Alertmanager or the way between them is broken, and the notifier says so.",
    ),
)
