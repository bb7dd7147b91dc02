"""Counts the lines of a process, access lines apart: those are as many as `http_server_request_duration_seconds` counts.

Series: `log_lines_total{level}`, `telemetry_log_lines_suppressed_total{level}`, `telemetry_internal_errors_total{part}`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from telemetry import catalog

if TYPE_CHECKING:
    from telemetry._families import Families


class LineCounts:
    """Lives as long as the handler; without families it counts nothing."""

    def __init__(self, families: Families | None) -> None:
        self._families = families
        self._written: dict[str, Any] = {}
        if families is not None:
            for level in catalog.LOG_LINES.values["level"]:
                self._written[level] = families.counter(catalog.LOG_LINES).labels(level)
                families.counter(catalog.LOG_LINES_SUPPRESSED).labels(level)

    def written(self, level: str) -> None:
        child = self._written.get(level)
        if child is not None:
            child.inc()
        elif self._families is not None:
            self._families.counter(catalog.LOG_LINES).labels(level).inc()

    def suppressed(self, level: str) -> None:
        if self._families is not None:
            self._families.counter(catalog.LOG_LINES_SUPPRESSED).labels(level).inc()

    def failed(self) -> None:
        if self._families is not None:
            self._families.counter(catalog.TELEMETRY_ERRORS).labels("logs").inc()
