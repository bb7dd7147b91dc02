"""What the alerts compare with: one row for each threshold, changeable without touching a rule.

The notifier publishes the values in force as `alert_threshold{alert=}`; a rule reads that series and
falls back to the default here when the notifier is away.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

PREFIX: Final = "PLAINVIEW_ALERT_"

Unit = Literal["ratio", "seconds", "count", "bytes", "usd", "times"]


@dataclass(frozen=True, slots=True)
class Threshold:
    """One number that an alert compares with.

    Attributes:
        alert: value of the label `alert` of the series `alert_threshold`: the alert's name, with a
            suffix where an alert has a second threshold.
        setting: environment variable without the prefix.
        default: value where the variable is not set, in `unit`.
        meaning: what the number is, as the settings' reference shows it.
    """

    alert: str
    setting: str
    default: float
    unit: Unit
    meaning: str

    @property
    def variable(self) -> str:
        """Return the environment variable that changes it."""
        return f"{PREFIX}{self.setting}"


class ThresholdInvalid(ValueError):  # noqa: N818 - says what happened, as the other errors of start-up do
    """A variable holds what is not a threshold; `variable`, `value` and `allowed` say which and why."""

    def __init__(self, variable: str, value: str, allowed: str) -> None:
        super().__init__(f"{variable}: {value!r} is not allowed; it must be {allowed}")
        self.variable = variable
        self.value = value
        self.allowed = allowed


ERROR_RATIO: Final = Threshold(
    "ApiErrorRateHigh", "ERROR_RATIO", 0.05, "ratio", "Share of answers that are server errors, over 5 minutes."
)
ERROR_MIN_REQUESTS: Final = Threshold(
    "ApiErrorRateHigh:requests",
    "ERROR_MIN_REQUESTS",
    20,
    "count",
    "Requests in 5 minutes below which the share says little.",
)
AUTH_FAILURES: Final = Threshold(
    "AuthFailuresHigh",
    "AUTH_FAILURES",
    100,
    "count",
    "Wrong keys in 10 minutes, those included that were not looked up.",
)
JOB_FAILURE_RATIO: Final = Threshold(
    "JobsFailing", "JOB_FAILURE_RATIO", 0.2, "ratio", "Share of finished jobs that failed, over 15 minutes."
)
JOB_MIN_FINISHED: Final = Threshold(
    "JobsFailing:jobs", "JOB_MIN_FINISHED", 3, "count", "Finished jobs in 15 minutes below which the share says little."
)
QUEUE_SECONDS: Final = Threshold("QueueStuck", "QUEUE_SECONDS", 600, "seconds", "Age of the oldest queued job.")
QUEUE_RATIO: Final = Threshold(
    "QueueNearBound", "QUEUE_RATIO", 0.8, "ratio", "Share of the bound of the queue, in waiting jobs or expected wait."
)
GPU_STALE_SECONDS: Final = Threshold(
    "GpuReadingsStale", "GPU_STALE_SECONDS", 60, "seconds", "Age of the last complete reading of the cards."
)
GPU_HOT_RATIO: Final = Threshold(
    "GpuThrottledHot", "GPU_HOT_RATIO", 0.1, "ratio", "Share of 5 minutes for which heat holds a card's clocks down."
)
GPU_MEMORY_RATIO: Final = Threshold(
    "GpuMemoryAlmostFull", "GPU_MEMORY_RATIO", 0.95, "ratio", "Share of a card's memory in use."
)
NVLINK_ERRORS: Final = Threshold(
    "NvlinkErrors", "NVLINK_ERRORS", 10, "count", "Errors of one kind over all NVLinks of a card in 15 minutes."
)
LEAK_BYTES: Final = Threshold(
    "MemoryLeak", "LEAK_BYTES", 8 * 2**20, "bytes", "Bytes by which memory grows with each piece of work."
)
BUDGET_RATIO: Final = Threshold(
    "CostDayNearBudget", "BUDGET_RATIO", 0.8, "ratio", "Share of a budget that is spent, the service's or a customer's."
)
IDLE_SECONDS: Final = Threshold(
    "GpuIdlePaid", "IDLE_SECONDS", 3600, "seconds", "Time for which no job held a real card that is paid for."
)
IDLE_USD: Final = Threshold("GpuIdlePaid:usd", "IDLE_USD", 0.5, "usd", "Cost of that time that is too small to matter.")
COST_JUMP_FACTOR: Final = Threshold(
    "CostPerJobJump", "COST_JUMP_FACTOR", 2, "times", "Cost of a job in an hour over that of the day before."
)
COST_JUMP_MIN_JOBS: Final = Threshold(
    "CostPerJobJump:jobs", "COST_JUMP_MIN_JOBS", 10, "count", "Finished jobs below which their mean cost says little."
)
BILL_RATIO: Final = Threshold(
    "BillDiffers", "BILL_RATIO", 0.1, "ratio", "Share of the month's bill by which it differs from the metered cost."
)
BILL_USD: Final = Threshold(
    "BillDiffers:usd", "BILL_USD", 1, "usd", "Difference between bill and metered cost that is too small to matter."
)
BILL_SECONDS: Final = Threshold(
    "BillUnreadable", "BILL_SECONDS", 3600, "seconds", "Time without a reading of the provider's bill that succeeded."
)
EXPORT_SECONDS: Final = Threshold(
    "TelemetryExportFailing",
    "EXPORT_SECONDS",
    120,
    "seconds",
    "Time without an export of spans that succeeded, while exports fail.",
)
SCRAPE_SECONDS: Final = Threshold(
    "ScrapeSlow", "SCRAPE_SECONDS", 2, "seconds", "Time that Prometheus takes to read one part; at 4 s it gives up."
)
NOTIFICATION_FAILURES: Final = Threshold(
    "NotificationsFailing",
    "NOTIFICATION_FAILURES",
    3,
    "count",
    "Failed attempts to one target in 10 minutes, none delivered.",
)

THRESHOLDS: Final = (
    ERROR_RATIO,
    ERROR_MIN_REQUESTS,
    AUTH_FAILURES,
    JOB_FAILURE_RATIO,
    JOB_MIN_FINISHED,
    QUEUE_SECONDS,
    QUEUE_RATIO,
    GPU_STALE_SECONDS,
    GPU_HOT_RATIO,
    GPU_MEMORY_RATIO,
    NVLINK_ERRORS,
    LEAK_BYTES,
    BUDGET_RATIO,
    IDLE_SECONDS,
    IDLE_USD,
    COST_JUMP_FACTOR,
    COST_JUMP_MIN_JOBS,
    BILL_RATIO,
    BILL_USD,
    BILL_SECONDS,
    EXPORT_SECONDS,
    SCRAPE_SECONDS,
    NOTIFICATION_FAILURES,
)


def load(environ: Mapping[str, str]) -> Mapping[str, float]:
    """Return the value in force of each threshold, by its label value `alert`.

    Raises:
        ThresholdInvalid: a variable is not a number, or out of its range.
    """
    return MappingProxyType({row.alert: _value(row, environ) for row in THRESHOLDS})


def _value(row: Threshold, environ: Mapping[str, str]) -> float:
    text = environ.get(row.variable, "").strip()
    if not text:
        return row.default
    allowed = "a number above 0 and at most 1" if row.unit == "ratio" else "a number above 0"
    try:
        value = float(text)
    except ValueError:
        raise ThresholdInvalid(row.variable, text, allowed) from None
    if not math.isfinite(value) or value <= 0 or (row.unit == "ratio" and value > 1):
        raise ThresholdInvalid(row.variable, text, allowed)
    return value
