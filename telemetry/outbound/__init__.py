"""Spans for what an app asks of others, and its trace handed on to them.

httpx, requests and redis by OpenTelemetry's instrumentations, SQLAlchemy by listeners of our own, and the trace of the
caller inside `ThreadPoolExecutor`. Each is switched on when the library is imported, before or after the start, and
undone at the end.
"""

from telemetry.outbound._switch import opened

__all__ = ["opened"]
