"""Telemetry: does what is measured arrive, and does measuring cost too much?"""

from __future__ import annotations

from dashboards.model import Board, Row
from dashboards.rows import telemetry, waits, watch


def board() -> Board:
    return Board(
        name="telemetry",
        title="Telemetry",
        description="Spans exported and lost, scrapes, errors of telemetry itself, values cut off, CPU and memory of each process.",
        rows=(
            Row(
                "Does everything arrive?",
                (
                    watch.targets(),
                    telemetry.spans_lost(),
                    telemetry.last_export(),
                    telemetry.internal_errors(),
                    telemetry.slowest_scrape(),
                ),
            ),
            Row(
                "Traces",
                (
                    telemetry.spans(),
                    telemetry.dropped(),
                    watch.span_queue(),
                    watch.export_failures(),
                    telemetry.export_age(),
                    telemetry.kept(),
                ),
            ),
            Row(
                "Metrics",
                (
                    telemetry.scrape_time(),
                    telemetry.scrape_size(),
                    telemetry.errors_by_part(),
                    telemetry.labels(),
                    watch.trace_store(),
                ),
            ),
            Row("Logs and event loop", (telemetry.log_lines(), telemetry.suppressed(), waits.event_loop())),
            Row("Processes", (watch.cpu(12), watch.memory(12), telemetry.open_files(12), telemetry.uptime(12))),
        ),
    )
