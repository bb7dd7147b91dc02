"""Memory of the work: exhausted, or growing with each piece."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from alerts import thresholds
from alerts.expressions import limit, value_of
from alerts.rule import NOW, Rule
from dashboards.queries import counted, select
from telemetry import catalog

EXHAUSTED: Final = select(catalog.GPU_OUT_OF_MEMORY)

RULES: Final = (
    Rule(
        alert="WorkerOutOfMemory",
        group="memory",
        expr=f"{counted(EXHAUSTED, '15m', 'job', 'operation', 'source')} > 0",
        hold=NOW,
        severity="ticket",
        summary="{{ $labels.operation }} runs out of memory",
        description='{{ $labels.operation }} ran out of memory {{ $value | printf "%.0f" }} times in 15 minutes, says {{ $labels.source }}. Each time the work failed or was run again.',
        dashboard="plainview-gpu",
    ),
    Rule(
        alert="MemoryLeak",
        group="memory",
        expr=f"""\
max by (job, instance, model, device, source) ({catalog.MODEL_MEMORY_LEAK.name})
  > {limit(thresholds.LEAK_BYTES)}""",
        hold=timedelta(minutes=5),
        severity="ticket",
        summary="{{ $labels.model }} leaks {{ $value | humanize1024 }}B with each piece of work",
        description=(
            "Memory after work of {{ $labels.model }} at {{ $labels.instance }} grows by {{ $value | humanize1024 }}B each time ({{ $labels.source }}); "
            f"the threshold is {{{{ {value_of(thresholds.LEAK_BYTES)} | humanize1024 }}}}B. It ends out of memory unless the worker is restarted."
        ),
        dashboard="plainview-gpu",
    ),
)
