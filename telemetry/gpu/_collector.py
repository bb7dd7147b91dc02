"""The last snapshot as Prometheus families, at scrape time."""

from collections.abc import Callable, Iterable

from prometheus_client import Metric as Family
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from telemetry import catalog
from telemetry.gpu._readings import Card, Snapshot, Value

Row = tuple[tuple[str, ...], float]


class GpuCollector(Collector):
    """Shows numbers only of readings that are numbers and young enough; of a lost card only that it is lost.

    Args:
        snapshot: gives the last snapshot.
        now: the monotonic clock.
        stale_after: seconds after which a snapshot says nothing about now: the reader hangs in a call.
    """

    def __init__(self, snapshot: Callable[[], Snapshot], now: Callable[[], float], stale_after: float) -> None:
        self._snapshot = snapshot
        self._now = now
        self._stale_after = stale_after

    def collect(self) -> Iterable[Family]:
        snapshot = self._snapshot()
        fresh = snapshot.read_at is not None and self._now() - snapshot.read_at <= self._stale_after
        rows: dict[catalog.Metric, list[Row]] = {}
        if snapshot.count is not None and (fresh or snapshot.state == "absent"):
            rows[catalog.GPU_COUNT] = [((), snapshot.count)]
        if snapshot.read_at_unix is not None:
            rows[catalog.GPU_LAST_SUCCESS] = [((), snapshot.read_at_unix)]
        if fresh and snapshot.seconds is not None:
            rows[catalog.GPU_READ_DURATION] = [((), snapshot.seconds)]
        for card in snapshot.cards:
            answers = fresh and card.lost is None
            rows.setdefault(catalog.GPU_AVAILABLE, []).append(((card.uuid,), float(answers)))
            if card.facts is not None:
                rows.setdefault(catalog.GPU_INFO, []).append((_info(card), 1.0))
            if answers:
                for key, reading in card.readings.items():
                    if isinstance(reading, Value):
                        rows.setdefault(key.metric, []).append(((card.uuid, *key.labels), reading.value))
        for (uuid, code), xid in snapshot.xids.items():
            rows.setdefault(catalog.GPU_XID_ERRORS, []).append(((uuid, str(code)), xid.count))
            rows.setdefault(catalog.GPU_XID_LAST, []).append(((uuid, str(code)), xid.last))
        return [_family(metric, found) for metric, found in rows.items()]


def _info(card: Card) -> tuple[str, ...]:
    facts = card.facts
    if facts is None:
        return ()
    return (
        card.uuid,
        facts.index,
        facts.model,
        facts.pci_bus_id,
        facts.serial,
        facts.driver_version,
        facts.cuda_version,
        "true" if facts.simulated else "false",
    )


def _family(metric: catalog.Metric, rows: list[Row]) -> Family:
    kind = CounterMetricFamily if metric.type == "counter" else GaugeMetricFamily
    family = kind(metric.name, metric.help, labels=metric.labels)
    for labels, value in rows:
        family.add_metric(labels, value)
    return family
