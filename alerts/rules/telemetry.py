"""Telemetry itself: what is lost, late or cut off on the way to whoever looks."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from alerts import thresholds
from alerts.expressions import limit
from alerts.rule import Rule
from dashboards.queries import counted, select
from telemetry import catalog

DROPPED: Final = select(catalog.SPANS_DROPPED)
FAILURES: Final = select(catalog.EXPORT_FAILURES)
LABELS: Final = select(catalog.LABELS_DROPPED, 'label!="customer"')
ERRORS: Final = select(catalog.TELEMETRY_ERRORS)

RULES: Final = (
    Rule(
        alert="SpansDropped",
        group="telemetry",
        expr=f"{counted(DROPPED, '5m', 'job', 'reason')} > 0",
        hold=timedelta(seconds=30),
        severity="ticket",
        summary="Spans of {{ $labels.job }} are lost ({{ $labels.reason }})",
        description='{{ $value | printf "%.0f" }} spans of {{ $labels.job }} were lost in 5 minutes: {{ $labels.reason }}. Some traces have holes. No request is held up by it.',
        dashboard="plainview-telemetry",
    ),
    Rule(
        alert="TelemetryExportFailing",
        group="telemetry",
        expr=f"""\
(
  time() - max by (job, instance) ({catalog.EXPORT_LAST_SUCCESS.name})
  > {limit(thresholds.EXPORT_SECONDS)}
)
and on (job, instance)
{counted(FAILURES, "5m", "job", "instance")} > 0""",
        hold=timedelta(seconds=30),
        severity="ticket",
        summary="{{ $labels.job }} cannot export its traces",
        description="The trace backend has taken no spans of {{ $labels.job }} at {{ $labels.instance }} for longer than the threshold, and exports fail. Traces of this time will be missing.",
        dashboard="plainview-telemetry",
    ),
    Rule(
        alert="TelemetryInternalErrors",
        group="telemetry",
        expr=f"{counted(ERRORS, '15m', 'job', 'part')} > 0",
        hold=timedelta(seconds=30),
        severity="ticket",
        summary="Telemetry of {{ $labels.job }} has errors of its own ({{ $labels.part }})",
        description='{{ $value | printf "%.0f" }} errors inside the {{ $labels.part }} part of telemetry of {{ $labels.job }} in 15 minutes. No request failed because of them; figures or spans may be missing.',
        dashboard="plainview-telemetry",
    ),
    Rule(
        alert="LabelValuesDropped",
        group="telemetry",
        # Customers beyond the bound are `other` on purpose; who they are stands in the ledger.
        expr=f"{counted(LABELS, '1h', 'job', 'metric', 'label')} > 0",
        hold=timedelta(minutes=10),
        severity="ticket",
        summary="Values of {{ $labels.label }} on {{ $labels.metric }} are shown as “other”",
        description='{{ $value | printf "%.0f" }} observations of {{ $labels.metric }} in an hour carried a value of {{ $labels.label }} beyond its bound or outside its set. Totals are right; what they are made of is not shown.',
        dashboard="plainview-telemetry",
    ),
    Rule(
        alert="ScrapeSlow",
        group="telemetry",
        expr=f"max by (job, instance) (scrape_duration_seconds) > {limit(thresholds.SCRAPE_SECONDS)}",
        hold=timedelta(minutes=2),
        severity="ticket",
        summary="Reading {{ $labels.job }} takes {{ $value | humanizeDuration }}",
        description="Prometheus needs {{ $value | humanizeDuration }} to read {{ $labels.job }} at {{ $labels.instance }}. When it takes longer than 4 s the part counts as down and its panels end.",
        dashboard="plainview-telemetry",
    ),
)
