"""What a catalog entry is, and the bucket bounds that several entries share."""

from dataclasses import dataclass
from typing import Final, Literal

MetricType = Literal["counter", "gauge", "histogram", "info"]

# Bounds fit the thing measured: an API answers in milliseconds, a job may take an hour.
API_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
JOB_SECONDS: Final = (0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0)
CONNECTION_SECONDS: Final = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 7200.0, 21600.0, 86400.0)
DELIVERY_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
BODY_BYTES: Final = (256.0, 1024.0, 4096.0, 16384.0, 65536.0, 262144.0, 1048576.0, 4194304.0, 16777216.0, 67108864.0)
MEMORY_BYTES: Final = tuple(
    float(mebibytes * 2**20) for mebibytes in (64, 128, 256, 512, *(2**n for n in range(10, 18)))
)


@dataclass(frozen=True, slots=True)
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
    """

    name: str
    type: MetricType
    help: str
    unit: str = ""
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    source: str = "any"

    def series(self) -> tuple[str, ...]:
        """Return the sample names that a query may use for this family."""
        if self.type == "histogram":
            return (f"{self.name}_bucket", f"{self.name}_sum", f"{self.name}_count")
        return (self.name,)

    def series_labels(self, series: str) -> frozenset[str]:
        """Return the label names that `series` of this family carries, `le` included for buckets."""
        extra = ("le",) if self.type == "histogram" and series.endswith("_bucket") else ()
        return frozenset((*self.labels, *extra))
