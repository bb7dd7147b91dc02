"""Traces, metrics, GPU readings, cost and JSON logs for any FastAPI app.

Two lines are enough: `instrument(app)`, and `with gpu_work("render", customer=...)` around what a GPU is paid for.
Own metrics are declared as a `Metric` and recorded by `counted`, `timed` and `observed`.
`telemetry.catalog`, `telemetry.context`, `telemetry.gpu`, `telemetry.logs`, `telemetry.process_settings`,
`telemetry.serving` and `telemetry.work` are public too.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from telemetry._labels import from_argument, from_result
    from telemetry._own import counted, observed, timed
    from telemetry._process import Telemetry, start
    from telemetry.catalog import Metric
    from telemetry.context import annotate
    from telemetry.http import instrument
    from telemetry.settings import TelemetrySettings
    from telemetry.work import GpuWork, gpu_work

__all__ = [
    "GpuWork",
    "Metric",
    "Telemetry",
    "TelemetrySettings",
    "annotate",
    "counted",
    "from_argument",
    "from_result",
    "gpu_work",
    "instrument",
    "observed",
    "start",
    "timed",
]

# Loaded on first use: those who read only the catalog (dashboards, rules, the command line) do not pay for the SDK.
_HOME: Final = {
    "GpuWork": "telemetry.work",
    "Metric": "telemetry.catalog",
    "Telemetry": "telemetry._process",
    "TelemetrySettings": "telemetry.settings",
    "annotate": "telemetry.context",
    "counted": "telemetry._own",
    "from_argument": "telemetry._labels",
    "from_result": "telemetry._labels",
    "gpu_work": "telemetry.work",
    "instrument": "telemetry.http",
    "observed": "telemetry._own",
    "start": "telemetry._process",
    "timed": "telemetry._own",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'telemetry' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
