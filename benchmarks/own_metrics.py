# ruff: noqa: INP001 - a folder of scripts, no package
"""What a metric of one's own costs a call, against prometheus-client by hand: CPU time, best of interleaved rounds.

python benchmarks/own_metrics.py [--rounds 15] [--calls 20000]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram

from telemetry import Metric, Telemetry, TelemetrySettings, counted, from_argument, start, timed
from telemetry.catalog import API_SECONDS

CALLS = Metric("bench_calls_total", "counter", "Calls.", labels=("plan",))
ENDED = Metric("bench_ended_total", "counter", "Calls by how they ended.", labels=("plan", "outcome"))
TIMES = Metric(
    "bench_call_seconds", "histogram", "Time of calls.", labels=("plan",), unit="seconds", buckets=API_SECONDS
)

_registry = CollectorRegistry()
_kept = Counter("hand_calls_total", "By hand.", ["plan"], registry=_registry).labels("pro")
_family = Counter("hand_ended_total", "By hand.", ["plan", "outcome"], registry=_registry)
_histogram = Histogram("hand_seconds", "By hand.", ["plan"], registry=_registry, buckets=API_SECONDS).labels("pro")
_block = counted(CALLS, plan="pro")


def bare(plan: str) -> str:
    return plan


def kept_child(plan: str) -> str:
    try:
        return plan
    finally:
        _kept.inc()


def looked_up(plan: str) -> str:
    try:
        return plan
    finally:
        _family.labels(plan, "succeeded").inc()


def block_made_once(plan: str) -> str:
    with _block:
        return plan


def block_made_here(plan: str) -> str:
    with counted(CALLS, plan="pro"):
        return plan


WAYS: Mapping[str, Callable[[str], str]] = {
    "nothing": bare,
    "client: kept child, inc": kept_child,
    "counted, fixed label": counted(CALLS, plan="pro")(bare),
    "client: labels() and inc": looked_up,
    "counted, label from an argument, outcome": counted(ENDED, plan=from_argument("plan"))(bare),
    "client: time() on a kept child": _histogram.time()(bare),
    "timed, fixed label": timed(TIMES, plan="pro")(bare),
    "with a block that was made once": block_made_once,
    "with counted(...)": block_made_here,
}


def measure(rounds: int, calls: int) -> dict[str, float]:
    """Return the microseconds of CPU that one call takes, by way."""
    best = dict.fromkeys(WAYS, float("inf"))
    for _ in range(rounds):
        for name, call in WAYS.items():
            began = time.process_time()
            for _ in range(calls):
                call("pro")
            best[name] = min(best[name], (time.process_time() - began) / calls * 1e6)
    return best


def _show(telemetry: Telemetry, rounds: int, calls: int) -> None:
    outside = measure(rounds, calls)
    with telemetry.tracer.start_as_current_span("work"):
        within = measure(rounds, calls)
    sys.stdout.write(f"{'us per call':42}{'no span':>10}{'sampled':>10}\n")
    sys.stdout.writelines(f"{name:42}{outside[name]:10.2f}{within[name]:10.2f}\n" for name in WAYS)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--calls", type=int, default=20_000)
    options = parser.parse_args()
    with start(TelemetrySettings()) as started:
        _show(started, options.rounds, options.calls)
