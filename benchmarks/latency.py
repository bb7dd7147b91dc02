# ruff: noqa: INP001 - a folder of scripts, no package
"""How long requests take at a fixed rate, and what the server occupies: healthy, in trouble, and while it is scraped.

    python benchmarks/latency.py                 # bare and instrumented, the trace receiver healthy
    python benchmarks/latency.py --trouble       # instrumented, the trace receiver dead, slow, refusing, talking nonsense
    python benchmarks/latency.py --scrape        # instrumented, 5,000 more series scraped four times a second

Each takes one to five minutes. Every round starts a fresh server for each row, on a core of its own; the rows take
turns, and another one begins in each round. Latency counts from when a request was due. The figures are medians over
the rounds, `x` the median of the ratios to the first row in the same round, which is the figure to trust.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path

from fixed_rate import load, percentile
from http_overhead import OURS, REQUESTS, VARIANTS, free_port, running, wait_until_up
from peers import missing
from receivers import BEHAVIOURS
from served import CORES, Server, served

Figures = dict[str, float]
QUEUE = 8192
#: Those that differ from another only in what is counted.
LEFT_OUT = {"healthy", "200 ms", "unreadable", "absurd partial success"}
TROUBLES = (
    "healthy",
    "dead",
    *(name for name in BEHAVIOURS if name not in LEFT_OUT),
)


def healthy(variant: str, options: argparse.Namespace) -> Figures:
    with receiver("healthy") as sink:
        return measured(variant, sink, options)


def in_trouble(behaviour: str, options: argparse.Namespace) -> Figures:
    """Measure with a queue that is full by then, as it will be after some minutes of trouble."""
    with receiver(behaviour) as sink:
        return measured(options.variant, sink, options, first=QUEUE)


def scraped(what: str, options: argparse.Namespace) -> Figures:
    with receiver("healthy") as sink, served(options.variant, sink, series=5000) as server:
        program = str(Path(__file__).with_name("scraper.py"))
        with running(str(server.port), program=program) if what == "scraped" else nullcontext():
            requested(server, options, options.rate)
            server.stall()
            latencies = requested(server, options, options.rate * options.seconds)
        return {**figures(latencies), "MiB": server.memory(), "stall ms": server.stall() * 1000}


@contextmanager
def receiver(behaviour: str) -> Iterator[str]:
    """Yield the address of a trace receiver in a process of its own; nobody listens there when it is dead."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    if behaviour == "dead":
        yield address
        return
    with running(behaviour, str(port), program=str(Path(__file__).with_name("receivers.py"))):
        wait_until_up(port)
        yield address


def measured(variant: str, sink: str, options: argparse.Namespace, first: int = 0) -> Figures:
    with served(variant, sink) as server:
        requested(server, options, max(first, options.rate), faster=3 if first else 1)
        latencies = requested(server, options, options.rate * options.seconds)
        found = {**figures(latencies), "MiB": server.memory()}
        if variant in OURS:
            found |= {
                "exported": sum(server.series("telemetry_spans_exported_total").values()),
                "queued": sum(server.series("telemetry_span_queue_length").values()),
                **{f"dropped {reason}": count for reason, count in dropped(server).items()},
            }
    return {**found, "shutdown s": server.stopped}


def requested(server: Server, options: argparse.Namespace, requests: float, faster: float = 1) -> list[float]:
    rate = options.rate * faster
    with load(server.port, REQUESTS) as client:
        return client.run(rate, requests / rate)


def dropped(server: Server) -> Figures:
    found = server.series("telemetry_spans_dropped_total")
    return {labels.partition('reason="')[2].partition('"')[0]: count for labels, count in found.items()}


def figures(latencies: list[float]) -> Figures:
    shares = {"p50 ms": 0.5, "p90 ms": 0.9, "p99 ms": 0.99, "max ms": 1.0}
    return {name: percentile(latencies, share) * 1000 for name, share in shares.items()}


def compare(rows: Sequence[str], measure: Callable[[str], Figures], rounds: int) -> None:
    results: dict[str, list[Figures]] = {row: [] for row in rows}
    for number in range(rounds):
        turn = [*rows[number % len(rows) :], *rows[: number % len(rows)]]
        for row in turn:
            results[row].append(measure(row))
            sys.stderr.write(".")
            sys.stderr.flush()
    sys.stderr.write("\n")
    report(results)


def report(results: dict[str, list[Figures]]) -> None:
    first = next(iter(results.values()))
    columns = list(dict.fromkeys(name for runs in results.values() for run in runs for name in run))
    head = ["", *columns[:4], "p99 x", "least..most", "MiB +", *columns[4:]]
    table = [head, *(_cells(row, runs, first, columns) for row, runs in results.items())]
    widths = [max(len(cells[at]) for cells in table) for at in range(len(head))]
    for cells in table:
        sys.stdout.write(
            "  ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True)).rstrip() + "\n"
        )


def _cells(row: str, runs: list[Figures], first: list[Figures], columns: list[str]) -> list[str]:
    ratios = [run["p99 ms"] / base["p99 ms"] for run, base in zip(runs, first, strict=True)]
    more = statistics.median(run["MiB"] - base["MiB"] for run, base in zip(runs, first, strict=True))
    values = [[run[name] for run in runs if name in run] for name in columns]
    shown = [f"{statistics.median(found):.{_digits(max(found))}f}" if found else "" for found in values]
    return [
        row,
        *shown[:4],
        f"{statistics.median(ratios):.2f}",
        f"{min(ratios):.2f}..{max(ratios):.2f}",
        f"{more:+.1f}",
        *shown[4:],
    ]


def _digits(value: float) -> int:
    return 0 if value >= 1000 or value == int(value) else 2 if value < 100 else 1  # noqa: PLR2004 - three digits or so


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--trouble", action="store_true")
    what.add_argument("--scrape", action="store_true")
    parser.add_argument("--rate", type=float, default=1000, help="requests a second")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=0, help="3, or 5 with --scrape")
    parser.add_argument("--variant", choices=list(OURS), default="contrib", help="in trouble, and scraped")
    parser.add_argument("--rows", nargs="+", help="only these, the first is what the others are compared to")
    options = parser.parse_args()
    if len(CORES) > 1:
        os.sched_setaffinity(0, CORES[1:])
    if options.trouble:
        rows, measure, rounds = TROUBLES, in_trouble, 3
    elif options.scrape:
        rows, measure, rounds = ("not scraped", "scraped"), scraped, 5
    else:
        rows, measure, rounds = tuple(row for row in VARIANTS if not missing(row)), healthy, 3
    compare(options.rows or rows, partial(measure, options=options), options.rounds or rounds)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    main()
