"""Meters that any app puts around what it has: caches, rate limiters, circuit breakers, loops, engines, HTTP clients.

Each is made once, beside what it measures, and exports its families from then on; nobody's are exported without one.
They report to the `Telemetry` that is current, or to the one they are given; nothing they do is raised into the caller.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from telemetry.meters._background import BackgroundMeter
    from telemetry.meters._breaker import BreakerMeter
    from telemetry.meters._cache import CacheMeter
    from telemetry.meters._database import EngineMeter, watch_engine
    from telemetry.meters._http_client import HttpClientMeter
    from telemetry.meters._rate_limit import RateLimitMeter

__all__ = [
    "BackgroundMeter",
    "BreakerMeter",
    "CacheMeter",
    "EngineMeter",
    "HttpClientMeter",
    "RateLimitMeter",
    "watch_engine",
]

# Loaded on first use: SQLAlchemy is needed by its own meter only.
_HOME: Final = {
    "BackgroundMeter": "_background",
    "BreakerMeter": "_breaker",
    "CacheMeter": "_cache",
    "EngineMeter": "_database",
    "HttpClientMeter": "_http_client",
    "RateLimitMeter": "_rate_limit",
    "watch_engine": "_database",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'telemetry.meters' has no attribute {name!r}")
    return getattr(import_module(f"telemetry.meters.{_HOME[name]}"), name)
