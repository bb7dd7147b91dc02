"""The cards and their readings."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from alerts import thresholds
from alerts.expressions import limit
from alerts.rule import Rule
from telemetry import catalog

RULES: Final = (
    Rule(
        alert="GpuLost",
        group="gpu",
        # Fewer cards than before counts only within one life of the worker: a restart may change the set on purpose.
        expr=f"""\
min by (instance, gpu_uuid) ({catalog.GPU_AVAILABLE.name}) == 0
or
(
  {catalog.GPU_DEVICES.name} < max_over_time({catalog.GPU_DEVICES.name}[6h])
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
{catalog.GPU_DEVICES.name} == 0""",
        hold=timedelta(seconds=30),
        severity="ticket",
        summary="GPU readings of {{ $labels.instance }} are {{ $value | humanizeDuration }} old",
        description="No complete reading of the cards at {{ $labels.instance }} for {{ $value | humanizeDuration }}: what the GPU dashboard shows is history.",
        dashboard="plainview-gpu",
    ),
)
