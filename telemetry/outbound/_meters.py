"""The meter provider that the instrumentations get: the time of calls goes to our own family, the rest nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from opentelemetry.metrics import Histogram, Meter, NoOpHistogram, NoOpMeter, NoOpMeterProvider

from telemetry.meters import HttpClientMeter

_DURATION: Final = "http.client.request.duration"
_calls: Final = HttpClientMeter()


class OutboundMeters(NoOpMeterProvider):
    """Points to whatever `Telemetry` is current when a call is made."""

    def get_meter(self, name: str, *_args: Any, **_kwargs: Any) -> Meter:
        return _Meter(name)


class _Meter(NoOpMeter):
    def create_histogram(self, name: str, *args: Any, **kwargs: Any) -> Histogram:
        return _Calls(name) if name == _DURATION else super().create_histogram(name, *args, **kwargs)


class _Calls(NoOpHistogram):
    def record(self, amount: float, attributes: Mapping[str, Any] | None = None, context: Any = None) -> None:  # noqa: ARG002
        _record(attributes or {}, amount)


def record_failure(attributes: Mapping[str, Any] | None, seconds: float, error: Exception) -> None:
    """Record a call that raised, by the attributes that its span began with; other spans are none of ours."""
    if attributes and "http.request.method" in attributes:
        _record({**attributes, "error.type": type(error).__qualname__}, seconds)


def _record(attributes: Mapping[str, Any], seconds: float) -> None:
    _calls.record(
        attributes.get("http.request.method", ""),
        attributes.get("server.address", ""),
        seconds,
        status=attributes.get("http.response.status_code"),
        error=attributes.get("error.type"),
    )
