"""What the real collector exposes over fake cards, written down as a past that Prometheus can be asked about."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families as parse

from telemetry import TelemetrySettings, catalog, start
from telemetry.gpu import Gpus, NotSupported, Snapshot, Value, open_gpus
from telemetry.gpu._collector import GpuCollector
from tests.fakenvml import fakenvml
from tests.parts import nvml_library

STEP = 15
BEFORE_SECONDS = 20 * 60
WHERE = 'job="worker",instance="w:9101"'

Scripted = Callable[[fakenvml.State], None]


@dataclass(frozen=True)
class World:
    """Cards, what is the matter with them, and what becomes of them before the end.

    Attributes:
        cards: presets of the fake library, one for each card.
        script: sets the cards up.
        then: changes them; None leaves them as they are.
        until: what the reader sees once the change has come through.
        hangs: the reader hangs from then on, in a call that never returns.
        since: seconds from the change to the end. Data written beforehand has no mark where a series ends: Prometheus
            goes on with it for five minutes, where it would stop at once if it had scraped it.
    """

    cards: tuple[str, ...] = ()
    script: Scripted | None = None
    then: Scripted | None = None
    until: Callable[[Snapshot], bool] = field(default=lambda _snapshot: True)
    hangs: bool = False
    since: int = 6 * 60

    def lines(self, folder: Path, end: int) -> Iterator[str]:
        """Yield samples up to `end`, of twenty minutes before the change and of the time after it."""
        middle = end - self.since
        with self._opened(folder) as (cards, gpus, registry):
            yield from _times(registry, range(middle - BEFORE_SECONDS, middle, STEP))
            if self.then is not None:
                self.then(cards)
                assert self.until(gpus.wait_for(self.until, 10)), gpus.snapshot()
            after = range(middle, end + 1, STEP)
            if self.hangs:
                yield from _times(_stale(gpus), after, last_read=middle)
            else:
                yield from _times(registry, after)
        for t in range(middle - BEFORE_SECONDS, end + 1, STEP):
            yield f"up{{{WHERE}}} 1 {t}"
            yield f"process_start_time_seconds{{{WHERE}}} {middle - BEFORE_SECONDS} {t}"

    @contextmanager
    def _opened(self, folder: Path) -> Iterator[tuple[fakenvml.State, Gpus, CollectorRegistry]]:
        state = fakenvml.State(folder / "cards", gpus=self.cards)
        if self.script is not None:
            self.script(state)
        registry = CollectorRegistry()
        settings = TelemetrySettings(gpu_interval=timedelta(milliseconds=20), log_format="json")
        with (
            fakenvml.active(nvml_library(), state),
            start(settings, registry=registry) as telemetry,
            open_gpus(settings, telemetry) as gpus,
        ):
            gpus.wait_for(_complete, 3)
            yield state, gpus, registry


def _stale(gpus: Gpus) -> CollectorRegistry:
    """Return a registry that shows the last snapshot as it looks when it has become too old."""
    registry = CollectorRegistry()
    registry.register(GpuCollector(gpus.snapshot, lambda: time.monotonic() + 100, stale_after=5))
    return registry


def _complete(snapshot: Snapshot) -> bool:
    """Say whether all is known that will be: activity needs two samples that are a second apart."""
    answering = [card for card in snapshot.cards if card.lost is None]
    activity = [card.reading(catalog.GPU_SM_ACTIVITY) for card in answering]
    divided = [key for card in answering for key in card.readings if key.metric is catalog.GPU_INSTANCE_SM_ACTIVITY]
    parts = [card.readings[key] for card in answering for key in divided if key in card.readings]
    return snapshot.state != "starting" and all(isinstance(found, Value | NotSupported) for found in activity + parts)


def _times(registry: CollectorRegistry, times: range, *, last_read: int | None = None) -> Iterator[str]:
    """Yield one scrape at each of `times`, as if what holds the present time had been read then, or at `last_read`."""
    now = time.time()
    scrape = [s for family in parse(generate_latest(registry).decode()) for s in family.samples]
    for sample in scrape:
        if not sample.name.startswith("gpu_"):
            continue
        labels = ",".join((WHERE, *(f'{name}="{value}"' for name, value in sample.labels.items())))
        for t in times:
            value = sample.value
            if sample.name.endswith("_timestamp_seconds"):
                value += (last_read or t) - now
            if sample.name == catalog.GPU_SNAPSHOT_AGE.name and last_read is not None:
                value = t - last_read
            yield f"{sample.name}{{{labels}}} {value} {t}"
