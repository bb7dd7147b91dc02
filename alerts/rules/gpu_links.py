"""The cards' links to the host and to each other."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from alerts import thresholds
from alerts.expressions import limit
from alerts.rule import Rule
from telemetry import catalog
from telemetry.catalog import Metric


def _card(metric: Metric) -> str:
    return f"max by (job, instance, gpu_uuid) ({metric.name})"


RULES: Final = (
    Rule(
        alert="GpuPcieDegraded",
        group="gpu",
        # Under load only: an idle card lowers its link on purpose.
        expr=f"""\
(
  {_card(catalog.GPU_PCIE_WIDTH)} < {_card(catalog.GPU_PCIE_WIDTH_MAX)}
  or
  {_card(catalog.GPU_PCIE_GENERATION)} < {_card(catalog.GPU_PCIE_GENERATION_MAX)}
)
and on (job, instance, gpu_uuid)
{_card(catalog.GPU_UTILIZATION)} > 0.2""",
        hold=timedelta(minutes=5),
        severity="ticket",
        summary="The PCIe link of card {{ $labels.gpu_uuid }} is slower than it could be",
        description="Card {{ $labels.gpu_uuid }} at {{ $labels.instance }} has fewer lanes or a lower PCIe generation under load than card and slot can do ({{ $value }} now). Data reaches it slower; the slot or riser may be bad.",
        dashboard="plainview-gpu",
    ),
    Rule(
        alert="NvlinkDown",
        group="gpu",
        # A link that was never up since the worker looked is one that nobody connected.
        expr=f"""\
count by (job, instance, gpu_uuid) (
  {catalog.GPU_NVLINK_ACTIVE.name} == 0
  and
  max_over_time({catalog.GPU_NVLINK_ACTIVE.name}[6h]) == 1
)""",
        hold=timedelta(minutes=1),
        severity="ticket",
        summary="NVLinks of card {{ $labels.gpu_uuid }} are down",
        description="Card {{ $labels.gpu_uuid }} at {{ $labels.instance }} has {{ $value }} of its NVLinks down that were up in the last 6 hours. Work over several cards slows or stops.",
        dashboard="plainview-gpu",
    ),
    Rule(
        alert="NvlinkErrors",
        group="gpu",
        expr=f"""\
sum by (job, instance, gpu_uuid, kind) (increase({catalog.GPU_NVLINK_ERRORS.name}[15m]))
  >= {limit(thresholds.NVLINK_ERRORS)}""",
        hold=timedelta(minutes=1),
        severity="ticket",
        summary="NVLinks of card {{ $labels.gpu_uuid }} have {{ $labels.kind }} errors",
        description='{{ $value | printf "%.0f" }} errors of kind {{ $labels.kind }} on the NVLinks of card {{ $labels.gpu_uuid }} at {{ $labels.instance }} in 15 minutes. Transfers are repeated, and slower.',
        dashboard="plainview-gpu",
    ),
)
