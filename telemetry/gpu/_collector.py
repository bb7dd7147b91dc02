"""The last snapshot as Prometheus families, at scrape time."""

from collections.abc import Callable, Iterable

from prometheus_client import Metric as Family
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from telemetry import catalog
from telemetry.gpu._dcgm import dcgm_families
from telemetry.gpu._missing import STATES, missing, state_of
from telemetry.gpu._readings import Card, Facts, Snapshot, Value

Rows = dict[catalog.Metric, list[tuple[tuple[str, ...], float]]]


class GpuCollector(Collector):
    """Shows numbers only of readings that are numbers and young enough; of a lost card only that it is lost.

    Args:
        snapshot: gives the last snapshot.
        now: the monotonic clock.
        stale_after: seconds after which a snapshot says nothing about now: the reader hangs in a call.
        dcgm_host: name of this host for the series under NVIDIA's own names, which are left out without it.
    """

    def __init__(
        self,
        snapshot: Callable[[], Snapshot],
        now: Callable[[], float],
        stale_after: float,
        dcgm_host: str | None = None,
    ) -> None:
        self._snapshot = snapshot
        self._now = now
        self._stale_after = stale_after
        self._dcgm_host = dcgm_host

    def collect(self) -> Iterable[Family]:
        snapshot = self._snapshot()
        age = None if snapshot.read_at is None else max(0.0, self._now() - snapshot.read_at)
        fresh = age is not None and age <= self._stale_after
        rows = _of_the_reader(snapshot, age, fresh=fresh)
        for card in snapshot.cards:
            _add_card(rows, card, answers=fresh and card.lost is None)
            for name, state in missing(card, stale=not fresh):
                rows.setdefault(catalog.GPU_READING_MISSING, []).append(((card.uuid, name, state), 1.0))
        for (uuid, code), xid in snapshot.xids.items():
            rows.setdefault(catalog.GPU_XID_ERRORS, []).append(((uuid, str(code)), xid.count))
            rows.setdefault(catalog.GPU_XID_LAST, []).append(((uuid, str(code)), xid.last))
        families = [_family(metric, found) for metric, found in rows.items()]
        if self._dcgm_host is not None and fresh:
            answering = (card for card in snapshot.cards if card.lost is None)
            families += dcgm_families(snapshot, answering, self._dcgm_host)
        return families


def _of_the_reader(snapshot: Snapshot, age: float | None, *, fresh: bool) -> Rows:
    shown = {
        catalog.GPU_DEVICES: snapshot.count if fresh or snapshot.state == "absent" else None,
        catalog.GPU_SNAPSHOT_AGE: age,
        catalog.GPU_LAST_SUCCESS: snapshot.read_at_unix,
        catalog.GPU_READ_DURATION: snapshot.seconds if fresh else None,
    }
    state = state_of(snapshot, fresh=fresh)
    rows: Rows = {catalog.GPU_READER_STATE: [((each,), float(each == state)) for each in STATES]}
    rows |= {metric: [((), value)] for metric, value in shown.items() if value is not None}
    return rows


def _add_card(rows: Rows, card: Card, *, answers: bool) -> None:
    rows.setdefault(catalog.GPU_AVAILABLE, []).append(((card.uuid,), float(answers)))
    if card.facts is not None:
        rows.setdefault(catalog.GPU_INFO, []).append((_info(card.uuid, card.facts), 1.0))
    if answers:
        for key, reading in card.readings.items():
            if isinstance(reading, Value):
                rows.setdefault(key.metric, []).append(((card.uuid, *key.labels), reading.value))


def _info(uuid: str, facts: Facts) -> tuple[str, ...]:
    return (
        uuid,
        facts.index,
        facts.model,
        facts.pci_bus_id,
        facts.serial,
        facts.driver_version,
        facts.cuda_version,
        "true" if facts.simulated else "false",
    )


def _family(metric: catalog.Metric, rows: list[tuple[tuple[str, ...], float]]) -> Family:
    kind = CounterMetricFamily if metric.type == "counter" else GaugeMetricFamily
    family = kind(metric.name, metric.help, labels=metric.labels)
    for labels, value in rows:
        family.add_metric(labels, value)
    return family
