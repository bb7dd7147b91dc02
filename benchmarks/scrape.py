# ruff: noqa: INP001 - a folder of scripts, no package
"""What one scrape costs: CPU milliseconds of ours and of the client's own writer, for about 5,000 lines.

    python benchmarks/scrape.py [--children 294]

Each child is a histogram with 17 lines, four of them with an exemplar. `first` builds what is kept, `changed` has a new
exemplar in each of those buckets, as after a busy interval, `unchanged` has none. `served by` counts the processes that
share an address: what the one that is scraped spends, besides what each other spends on its own figures.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

ACCEPT = "application/openmetrics-text;version=1.0.0"


def milliseconds(work: Callable[[], object]) -> float:
    began = time.thread_time()
    work()
    return (time.thread_time() - began) * 1000


def registry_with(children: int) -> tuple[CollectorRegistry, Callable[[], None]]:
    """Return a registry, and what answers four requests in each of its children."""
    from telemetry._families import Families  # noqa: PLC0415 - the path is set below

    registry = Families(CollectorRegistry()).registry
    took = Histogram("took_seconds", "Time taken.", ["http_route", "http_request_method"], registry=registry)

    def requests() -> None:
        for number in range(children):
            for seconds in (0.001, 0.03, 0.3, 3):
                took.labels(f"/items/{number}", "GET").observe(seconds, {"trace_id": "a" * 32, "span_id": "b" * 16})

    requests()
    return registry, requests


def main() -> None:
    from telemetry.exposition._group import Group  # noqa: PLC0415
    from telemetry.exposition._snapshot import snapshot  # noqa: PLC0415
    from telemetry.exposition._text import Text, rendered  # noqa: PLC0415

    client_openmetrics: Callable[[CollectorRegistry], bytes] = generate_openmetrics
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--children", type=int, default=294)
    children = parser.parse_args().children
    registry, requests = registry_with(children)
    text = Text()

    def openmetrics() -> bytes:
        return rendered(registry, ACCEPT, text)[0]

    def after_requests(work: Callable[[], object]) -> float:
        requests()
        return milliseconds(work)

    first = milliseconds(openmetrics)
    figures = {
        "ours, OpenMetrics, first": [first],
        "ours, OpenMetrics, changed": [after_requests(openmetrics) for _ in range(9)],
        "ours, OpenMetrics, unchanged": [milliseconds(openmetrics) for _ in range(9)],
        "ours, text": [milliseconds(lambda: rendered(registry, "", text)) for _ in range(9)],
    }
    with tempfile.TemporaryDirectory() as folder:
        groups: list[Group] = []

        def scrape() -> bytes:
            return text.of(groups[0].added_up(), ACCEPT, None)[0]

        for processes in (1, 2, 4):
            while len(groups) < processes:
                own = registry if not groups else registry_with(children)[0]
                groups.append(Group(Path(folder), "benchmark", partial(snapshot, own), lambda _: None))
            scrape()
            figures[f"ours, {processes} served by, changed"] = [after_requests(scrape) for _ in range(9)]
            figures[f"ours, {processes} served by, unchanged"] = [milliseconds(scrape) for _ in range(9)]
        for group in groups:
            group.leave()
    figures |= {
        "client, OpenMetrics": [milliseconds(partial(client_openmetrics, registry)) for _ in range(5)],
        "client, text": [milliseconds(lambda: generate_latest(registry)) for _ in range(5)],
    }
    lines = len(openmetrics().splitlines())
    sys.stdout.write(f"{lines} lines\n")
    for name, runs in figures.items():
        sys.stdout.write(f"{name:<34} {statistics.median(runs):7.2f} ms (from {min(runs):.2f})\n")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    main()
