"""OpenMetrics text with a past: every family of the catalog, as a busy installation would have written it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from alerts.thresholds import THRESHOLDS
from dashboards.recorded import RECORDED, Recorded
from telemetry import catalog
from telemetry.catalog import Metric

STEP = 15
VALUES: dict[str, tuple[str, ...]] = {
    "http_request_method": ("POST",),
    "http_route": ("/generate", "/metrics"),
    "http_response_status_code": ("200", "302", "404", "500"),
    "operation": ("generate",),
    "tier": ("standard",),
    "outcome": ("succeeded", "failed", "cancelled"),
    "stage": ("decode", "animate", "encode", "store"),
    "device": ("gpu", "simulated"),
    "period": ("day", "month"),
    "kind": ("job", "retry"),
    "customer": tuple(f"customer-{number}" for number in range(12)),
    "gpu_uuid": ("GPU-1", "GPU-2"),
    "clock": ("sm", "memory"),
    "code": ("invalid_input", "customer_queue_full"),
    "alert": tuple(threshold.alert for threshold in THRESHOLDS),
    "reading": ("all", *(metric.name for metric in catalog.metrics() if metric.name.startswith("gpu_"))),
    "state": ("ok", "failed", "lost", "stale"),
    "xid": ("79",),
}
FACTS = {
    "GPU-1": {"index": "0", "model": "H200", "simulated": "false"},
    "GPU-2": {"index": "1", "model": "Simulated", "simulated": "true"},
}
# Two workers that both read both cards, as two processes on one host do by default.
TARGETS: dict[str, tuple[tuple[str, str], ...]] = {
    "service": (("api", "a:8000"), ("api", "b:8000")),
    "worker": (("worker", "a:9101"), ("worker", "b:9101")),
    "notifier": (("notifier", "a:9095"),),
    "console": (("console", "a:8080"),),
    "any": (("api", "a:8000"), ("worker", "a:9101")),
}
FOREIGN: tuple[tuple[str, dict[str, str]], ...] = (
    ("ALERTS", {"alertname": "Watchdog", "alertstate": "firing", "severity": "none"}),
    ("ALERTS", {"alertname": "ServiceDown", "alertstate": "firing", "severity": "page"}),
)


def text(start: int, end: int) -> str:
    """Return samples of every family from `start` to `end` in Unix seconds, a step of 15 apart."""
    lines = [line for metric in catalog.metrics() for line in _family(metric, start, end)]
    late = {"operation": "generate", "code": "late", "job": "api", "instance": "a:8000"}
    lines += [f"{_series('job_rejected_total', late)} 1 {t}" for t in range(end - 300, end + 1, STEP)]
    lines += [line for each in RECORDED for line in _recorded(each, start, end)]
    for name, labels in FOREIGN:
        lines += [f"{_series(name, labels)} 1 {t}" for t in range(start, end + 1, STEP)]
    for targets in TARGETS.values():
        for job, instance in targets:
            where = {"job": job, "instance": instance}
            for t in range(start, end + 1, STEP):
                lines.append(f"{_series('up', where)} 1 {t}")
                lines.append(f"{_series('process_resident_memory_bytes', where)} 1e8 {t}")
                lines.append(f"{_series('process_cpu_seconds_total', where)} {(t - start) / 10} {t}")
                lines.append(f"{_series('process_start_time_seconds', where)} {start - 3600} {t}")
                lines.append(f"{_series('process_open_fds', where)} 30 {t}")
                lines.append(f"{_series('scrape_duration_seconds', where)} 0.01 {t}")
                lines.append(f"{_series('scrape_samples_scraped', where)} 400 {t}")
    return "\n".join((*dict.fromkeys(lines), "# EOF", ""))


def _family(metric: Metric, start: int, end: int) -> Iterator[str]:
    for job, instance in TARGETS[metric.source]:
        for labels in _label_sets(metric):
            for series, more, step in _samples(metric):
                name = _series(series, {**labels, **more, "job": job, "instance": instance})
                for t in range(start, end + 1, STEP):
                    yield f"{name} {_value(metric, step, t, t - start, end)} {t}"


def _recorded(each: Recorded, start: int, end: int) -> Iterator[str]:
    labels = {"job": "worker", "instance": "a:9101", "gpu_uuid": "GPU-1"}
    for t in range(start, end + 1, STEP):
        yield f"{_series(each.name, {name: labels[name] for name in each.labels})} 1 {t}"


def _label_sets(metric: Metric) -> Iterator[Mapping[str, str]]:
    free = [label for label in metric.labels if not (metric is catalog.GPU_INFO and label in FACTS["GPU-1"])]
    for values in product(*(VALUES.get(label, ("x",)) for label in free)):
        labels = dict(zip(free, values, strict=True))
        yield {**labels, **(FACTS[labels["gpu_uuid"]] if metric is catalog.GPU_INFO else {})}


def _samples(metric: Metric) -> Iterator[tuple[str, dict[str, str], int]]:
    if metric.type != "histogram":
        yield metric.name, {}, 1
        return
    yield f"{metric.name}_count", {}, 1
    yield f"{metric.name}_sum", {}, 1
    # Everything falls into the second bucket.
    for position, bound in enumerate(metric.buckets):
        yield f"{metric.name}_bucket", {"le": f"{bound:g}"}, int(position > 0)
    yield f"{metric.name}_bucket", {"le": "+Inf"}, 1


def _value(metric: Metric, step: int, now: int, elapsed: int, end: int) -> float:
    if metric.name.endswith("timestamp_seconds"):
        return end - 5
    if metric.type in {"counter", "histogram"}:
        return step * elapsed / STEP
    return 1


def _series(name: str, labels: Mapping[str, str]) -> str:
    pairs = ",".join(f'{label}="{value}"' for label, value in labels.items())
    return f"{name}{{{pairs}}}"
