"""Spans on the OpenTelemetry SDK, exported by OTLP/HTTP without ever holding up a request or a shutdown."""

from telemetry.traces._global import pointing_tracer
from telemetry.traces._provider import Provider, opened
from telemetry.traces._shared import LayeredAttributes, SharedAttributes

__all__ = ["LayeredAttributes", "Provider", "SharedAttributes", "opened", "pointing_tracer"]
