# ruff: noqa: INP001 - a folder of scripts, no package
"""What one scrape costs: CPU milliseconds of ours and of the client's own writer, for about 5,000 lines.

    python benchmarks/scrape.py [--children 294]

Each child is a histogram with 17 lines, four of them with an exemplar. `first` builds what is kept, `changed` has a new
exemplar in each of those buckets, as after a busy interval, `unchanged` has none.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

ACCEPT = "application/openmetrics-text;version=1.0.0"


def milliseconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return (time.process_time() - began) * 1000


def main() -> None:
    from telemetry._families import Families  # noqa: PLC0415 - the path is set below
    from telemetry.exposition._text import rendered  # noqa: PLC0415

    client_openmetrics: Callable[[CollectorRegistry], bytes] = generate_openmetrics
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--children", type=int, default=294)
    children = parser.parse_args().children
    registry = Families(CollectorRegistry()).registry
    took = Histogram("took_seconds", "Time taken.", ["http_route", "http_request_method"], registry=registry)

    def requests() -> None:
        for number in range(children):
            for seconds in (0.001, 0.03, 0.3, 3):
                took.labels(f"/items/{number}", "GET").observe(seconds, {"trace_id": "a" * 32, "span_id": "b" * 16})

    def openmetrics() -> bytes:
        return rendered(registry, ACCEPT)[0]

    def after_requests(work: Callable[[], object]) -> float:
        requests()
        return milliseconds(work)

    requests()
    first = milliseconds(openmetrics)
    figures = {
        "ours, OpenMetrics, first": [first],
        "ours, OpenMetrics, changed": [after_requests(openmetrics) for _ in range(9)],
        "ours, OpenMetrics, unchanged": [milliseconds(openmetrics) for _ in range(9)],
        "ours, text": [milliseconds(lambda: rendered(registry, "")) for _ in range(9)],
        "client, OpenMetrics": [milliseconds(partial(client_openmetrics, registry)) for _ in range(5)],
        "client, text": [milliseconds(lambda: generate_latest(registry)) for _ in range(5)],
    }
    lines = len(openmetrics().splitlines())
    sys.stdout.write(f"{lines} lines\n")
    for name, runs in figures.items():
        sys.stdout.write(f"{name:<30} {statistics.median(runs):7.2f} ms (from {min(runs):.2f})\n")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    main()
