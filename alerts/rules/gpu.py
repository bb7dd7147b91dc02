"""Are the cards there, and are they read?"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from alerts import thresholds
from alerts.expressions import limit
from alerts.rule import Rule
from dashboards.queries import select
from telemetry import catalog

STALE: Final = select(catalog.GPU_READING_MISSING, 'reading="all",state="stale"')
FAILED: Final = select(catalog.GPU_READING_MISSING, 'state="failed"')
READER_FAILED: Final = select(catalog.GPU_READER_STATE, 'state="failed"')

RULES: Final = (
    Rule(
        alert="GpuLost",
        group="gpu",
        # A card whose readings are stale is not known to be lost; GpuReadingsStale says what is known.
        # Fewer cards than before counts only within one life of the worker: a restart may change the set on purpose.
        expr=f"""\
(
  min by (instance, gpu_uuid) ({catalog.GPU_AVAILABLE.name}) == 0
  unless on (instance, gpu_uuid)
  {STALE}
)
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
        description="No complete reading of the cards at {{ $labels.instance }} for {{ $value | humanizeDuration }}: the GPU dashboard shows none, and a lost card would not be noticed.",
        dashboard="plainview-gpu",
    ),
    Rule(
        alert="GpuReadingsAbsent",
        group="gpu",
        # Where cards were seen before, GpuLost names each of them.
        expr=f"""\
max by (job, instance) ({READER_FAILED}) == 1
unless on (job, instance)
{catalog.GPU_AVAILABLE.name}""",
        hold=timedelta(minutes=1),
        severity="page",
        summary="The GPU driver of {{ $labels.instance }} shows no card",
        description="There is an NVIDIA driver at {{ $labels.instance }} and it has not shown a card since the worker started. Jobs run on the CPU, or fail.",
        dashboard="plainview-gpu",
    ),
    Rule(
        alert="GpuReadingsFailing",
        group="gpu",
        expr=f"count by (job, instance, gpu_uuid) ({FAILED}) > 0",
        hold=timedelta(minutes=5),
        severity="ticket",
        summary="{{ $value }} readings of card {{ $labels.gpu_uuid }} fail",
        description="The card {{ $labels.gpu_uuid }} at {{ $labels.instance }} has {{ $value }} readings that failed for 5 minutes. They are shown as failed, not as 0; rules that need them are blind.",
        dashboard="plainview-gpu",
    ),
)
