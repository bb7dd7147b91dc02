# ruff: noqa: INP001 - a folder of scripts, no package
"""What it costs to find a key: kept in memory against asked of the database, interleaved, as ratio of medians.

python benchmarks/keys.py [--rounds 2000] [--url postgresql+psycopg://...]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter

from app.database.engine import open_async_database
from app.database.migrate import migrate
from app.keys.key import Facts
from app.keys.ring import FRESH_SECONDS, KeyRing
from app.keys.store import add_key
from app.settings import Settings


class Clock:
    """The monotonic clock, which can be put forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


async def measure(settings: Settings, rounds: int) -> tuple[float, float]:
    """Return the median seconds of a new and of a kept answer."""
    _, secret = add_key(settings, Facts(customer="bench"))
    attempts = Counter("attempts", "Attempts.", ["outcome"], registry=CollectorRegistry())
    clock = Clock()
    async with open_async_database(settings.database) as database:
        ring = KeyRing(database, attempts, required=True, clock=clock)
        times: dict[str, list[float]] = {"new": [], "kept": []}
        for _ in range(rounds):
            clock.ahead += FRESH_SECONDS
            for taken in times.values():
                began = time.perf_counter()
                await ring.find(secret)
                taken.append(time.perf_counter() - began)
    return statistics.median(times["new"]), statistics.median(times["kept"])


def main() -> None:
    """Print the two and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2000)
    parser.add_argument("--url")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home), database_url=chosen.url)
        migrate(settings)
        new, kept = asyncio.run(measure(settings, chosen.rounds))
    sys.stdout.write(f"asked {new * 1e6:.0f} us, kept {kept * 1e6:.1f} us: {new / kept:.0f} times\n")


if __name__ == "__main__":
    main()
