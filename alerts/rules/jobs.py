"""Workers, jobs and the queue."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from alerts import thresholds
from alerts.expressions import limit, share, value_of
from alerts.rule import Rule
from dashboards.queries import counted, select
from telemetry import catalog

FAILED: Final = select(catalog.JOB_FINISHED, 'outcome="failed"')
#: Jobs that a customer cancelled say nothing about the service.
JUDGED: Final = select(catalog.JOB_FINISHED, 'outcome=~"succeeded|failed"')

WAIT: Final = f"max by (operation) ({catalog.JOB_QUEUE_EXPECTED_WAIT.name})"
DEPTH: Final = f"max by (operation) (sum by (instance, operation) ({catalog.JOB_QUEUE_DEPTH.name}))"

RULES: Final = (
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
{share(FAILED, JUDGED, "15m")}
  > {limit(thresholds.JOB_FAILURE_RATIO)}
and
{counted(JUDGED, "15m")}
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
        alert="QueueNearBound",
        group="jobs",
        # By expected wait or by jobs: at either bound jobs are refused.
        expr=f"""\
{WAIT} / max by (operation) ({catalog.JOB_QUEUE_WAIT_LIMIT.name})
  > {limit(thresholds.QUEUE_RATIO)}
or
{DEPTH} / max by (operation) ({catalog.JOB_QUEUE_LIMIT.name})
  > {limit(thresholds.QUEUE_RATIO)}""",
        hold=timedelta(minutes=5),
        severity="ticket",
        summary="The queue is {{ $value | humanizePercentage }} full",
        description=(
            "The {{ $labels.operation }} queue has been near its bound for 5 minutes, it is {{ $value | humanizePercentage }} full; "
            f"the threshold is {{{{ {value_of(thresholds.QUEUE_RATIO)} | humanizePercentage }}}}. At 100% jobs are refused."
        ),
        dashboard="plainview-queue",
    ),
)
