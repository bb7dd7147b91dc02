"""Series of others that our queries may use."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Foreign:
    """Series that others export and our queries may use: Prometheus itself and the Python client."""

    name: str
    labels: frozenset[str]
    source: str


FOREIGN: Final = (
    Foreign("up", frozenset(), "Prometheus, one per target"),
    Foreign("ALERTS", frozenset({"alertname", "alertstate", "severity"}), "Prometheus, one per active alert"),
    Foreign("process_resident_memory_bytes", frozenset(), "prometheus-client"),
    Foreign("process_cpu_seconds_total", frozenset(), "prometheus-client"),
    Foreign("process_start_time_seconds", frozenset(), "prometheus-client"),
    Foreign("process_open_fds", frozenset(), "prometheus-client"),
    Foreign("scrape_duration_seconds", frozenset(), "Prometheus, one per target"),
    Foreign("scrape_samples_scraped", frozenset(), "Prometheus, one per target"),
)
