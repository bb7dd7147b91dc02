"""What becomes of a family when several processes show it.

The catalog says it of ours (`Metric.processes`). Of others': what is counted is added up; of a gauge nobody knows
whether its sum means anything, so there is one series for each process, unless its author has said otherwise by the
client's own `multiprocess_mode`.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final, cast

from telemetry import catalog
from telemetry.exposition._family import Rule

#: Of one process: what it started last, how near the nearest is to its limit, memory of all together.
_PROCESS: Final[dict[str, Rule]] = {
    "process_resident_memory_bytes": "sum",
    "process_virtual_memory_bytes": "sum",
    "process_start_time_seconds": "max",
    "process_open_fds": "max",
    "process_max_fds": "min",
    "python_info": "max",
}
_BY_TYPE: Final[dict[str, Rule]] = {
    "counter": "sum",
    "histogram": "sum",
    "gaugehistogram": "sum",
    "summary": "sum",
    "info": "max",
    "stateset": "max",
}
_BY_MODE: Final[dict[str, Rule]] = {
    "min": "min",
    "livemin": "min",
    "max": "max",
    "livemax": "max",
    "sum": "sum",
    "livesum": "sum",
    "mostrecent": "one",
    "livemostrecent": "one",
}


def rule_of(name: str, kind: str, collector: Any = None) -> Rule:
    """Return the rule for a family by its name and type as prometheus-client keeps them."""
    if ours := getattr(collector, "processes", None) or _catalog().get(name):
        return cast("Rule", ours)
    mode = getattr(collector, "_multiprocess_mode", "") if kind == "gauge" else ""
    return _PROCESS.get(name) or _BY_MODE.get(mode) or _BY_TYPE.get(kind, "each")


@cache
def _catalog() -> dict[str, Rule]:
    return {metric.name.removesuffix("_total"): metric.across_processes() for metric in catalog.metrics()}
