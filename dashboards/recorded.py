"""Series that Prometheus computes from ours and keeps: what both a rule and a panel need, worked out once.

Names are `level:metric:operations`. `python -m alerts build` writes them before the alerts that read them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dashboards import queries as q
from telemetry import catalog


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recording rule.

    Attributes:
        name: of the series.
        expr: what it is computed from; no other recorded series.
        labels: of the result.
        group: group of rules that it is evaluated in, before the group's alerts.
        help: one sentence that ends with a full stop.
    """

    name: str
    expr: str
    labels: frozenset[str]
    group: str
    help: str


_CARD: Final = frozenset({"job", "instance", "gpu_uuid"})
_HOT: Final = q.select(catalog.GPU_THROTTLE, 'reason=~"sw_thermal|hw_thermal"')
_BY_CARD: Final = "max by (job, instance, gpu_uuid)"

ERROR_RATIO: Final = Recorded(
    "job:http_server_errors:ratio5m",
    q.error_ratio("5m"),
    frozenset(),
    "service",
    "Share of the service's answers of five minutes that were server errors; nothing while there were none at all.",
)
GPU_HOT_RATIO: Final = Recorded(
    "gpu_uuid:gpu_throttle_hot:ratio5m",
    f"{_BY_CARD} (rate({_HOT}[5m]) and {_HOT})",
    _CARD,
    "gpu",
    "Share of five minutes for which heat held a card's clocks down.",
)
GPU_MEMORY_RATIO: Final = Recorded(
    "gpu_uuid:gpu_memory_used:ratio",
    f"""\
{_BY_CARD} ({catalog.GPU_MEMORY_USED.name})
/
({_BY_CARD} ({catalog.GPU_MEMORY_TOTAL.name})
 - {_BY_CARD} ({catalog.GPU_MEMORY_RESERVED.name}) > 0)""",
    _CARD,
    "gpu",
    "Share of the device memory that the driver leaves which is in use.",
)

RECORDED: Final = (ERROR_RATIO, GPU_HOT_RATIO, GPU_MEMORY_RATIO)
LABELS: Final = {each.name: each.labels for each in RECORDED}
