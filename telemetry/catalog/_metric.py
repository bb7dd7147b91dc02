"""What a catalog entry is, and the bucket bounds that several entries share."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal
from weakref import WeakValueDictionary

from telemetry.catalog import _rules

MetricType = Literal["counter", "gauge", "histogram", "info"]
Processes = Literal["sum", "max", "min", "one", "each"]

# Bounds fit the thing measured: an API answers in milliseconds, a job may take an hour.
API_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
DATABASE_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
JOB_SECONDS: Final = (0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0)
CONNECTION_SECONDS: Final = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 7200.0, 21600.0, 86400.0)
DELIVERY_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
QUOTE_RATIOS: Final = (0.25, 0.5, 0.67, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 4.0)
BODY_BYTES: Final = (256.0, 1024.0, 4096.0, 16384.0, 65536.0, 262144.0, 1048576.0, 4194304.0, 16777216.0, 67108864.0)
MEMORY_BYTES: Final = tuple(
    float(mebibytes * 2**20) for mebibytes in (64, 128, 256, 512, *(2**n for n in range(10, 18)))
)


#: How many values a label may have whose entry says neither which nor how many.
BOUND: Final = 100


class MetricInvalid(ValueError):  # noqa: N818 - says what happened
    """A catalog entry that breaks a rule; `lines` has one line for each, with the field, its value and what is allowed."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Metric:
    """One metric family as it stands in the exposition.

    Attributes:
        name: the family's full name; counters end in `_total`.
        type: Prometheus type. `info` is a gauge of constant 1 whose labels are the facts.
        unit: base unit in words (`seconds`, `bytes`, `celsius`, `usd`, `ratio`, ...), "" where there is none.
        labels: label names in exposition order, without `job` and `instance`.
        help: one sentence that ends with a full stop.
        buckets: upper bounds in `unit`, histograms only; `+Inf` is added by the client.
        source: which part exports it (`service`, `worker`, `notifier`, `console`, `any`).
        values: the closed set of a label's values; what is not in it is shown as `other`.
        bound: how many values each other label may have; those that come later are shown as `other`.
        processes: what is shown of several processes that serve one address: the `sum`, the highest (`max`), the lowest
            (`min`), what the oldest of them shows (`one`), or a series of `each`, told apart by the label `pid`.
            Without it: what counts is added up, facts are shown once, and of a gauge what the oldest shows.

    Raises:
        MetricInvalid: a field breaks a rule of Prometheus or of this catalog, or the name is taken by another entry.
    """

    name: str
    type: MetricType
    help: str
    unit: str = ""
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    source: str = "any"
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    bound: int = BOUND
    processes: Processes | None = None

    def __post_init__(self) -> None:
        lines = list(_rules.broken(self)) or list(_taken(self))
        if lines:
            raise MetricInvalid(*lines)
        _DECLARED.update((name, self) for name in _rules.claimed(self))

    def across_processes(self) -> Processes:
        """Return what is shown of several processes."""
        by_type: dict[MetricType, Processes] = {"counter": "sum", "histogram": "sum", "info": "max", "gauge": "one"}
        return self.processes or by_type[self.type]

    def series(self) -> tuple[str, ...]:
        """Return the sample names that a query may use for this family."""
        if self.type == "histogram":
            return (f"{self.name}_bucket", f"{self.name}_sum", f"{self.name}_count")
        return (self.name,)

    def series_labels(self, series: str) -> frozenset[str]:
        """Return the label names that `series` of this family carries, `le` included for buckets."""
        extra = ("le",) if self.type == "histogram" and series.endswith("_bucket") else ()
        return frozenset((*self.labels, *extra))


# By every name that an entry takes in an exposition, for as long as somebody has the entry.
_DECLARED: Final[WeakValueDictionary[str, Metric]] = WeakValueDictionary()


def _taken(metric: Metric) -> Iterator[str]:
    """Yield one line if another entry has the name; the same entry once more is a module that was imported twice."""
    for name in _rules.claimed(metric):
        other = _DECLARED.get(name)
        if other is not None and other != metric:
            same = "another entry has it" if other.name == metric.name else f"{other.name} takes the series {name}"
            yield f"name={metric.name!r} is not allowed: {same} ({other.help}) Allowed: a name of its own."
            return
