"""PromQL as functions: a metric of the catalog in, an expression out.

Job figures use a fixed window instead of `$__rate_interval`: jobs take minutes, and a window of seconds
would show gaps between them.
"""

from __future__ import annotations

from typing import Final, Literal

from telemetry import catalog
from telemetry.catalog import Metric

RATE: Final = "$__rate_interval"
JOB_WINDOW: Final = "15m"

#: The service's own routes: neither its scrapes nor its probes, which would dilute every ratio.
SERVICE: Final = 'job="api",http_route!~"/metrics|/health.*|/ready"'
#: Without 501, an unknown method: any stranger can ask for that.
SERVER_ERROR: Final = 'http_response_status_code=~"5..",http_response_status_code!="501"'
ANY_ERROR: Final = 'http_response_status_code=~"[45].."'

Part = Literal["count", "sum", "bucket"]

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def select(metric: Metric, matchers: str = "", *, part: Part | None = None) -> str:
    """Return a selector of `metric`; a histogram needs the `part` that is meant."""
    series = f"{metric.name}_{part}" if part else metric.name
    if series not in metric.series():
        msg = f"{metric.name} is a {metric.type}: part={part!r} is not one of {metric.series()}"
        raise ValueError(msg)
    return f"{series}{{{matchers}}}" if matchers else series


def by(labels: tuple[str, ...]) -> str:
    """Return the grouping clause for `labels`, nothing for none."""
    return f" by ({', '.join(labels)})" if labels else ""


def total(selector: str, *labels: str) -> str:
    """Return the sum of a gauge."""
    return f"sum{by(labels)} ({selector})"


def rate(selector: str, *labels: str, window: str = RATE) -> str:
    """Return the events per second of a counter."""
    return f"sum{by(labels)} (rate({selector}[{window}]))"


def counted(selector: str, window: str, *labels: str) -> str:
    """Return how often a counter went up within `window`, what it held when it was first seen included.

    `increase` alone misses that: a series is made by its first event, so the first job of a fresh installation or a
    burst of errors between two scrapes would not be there. Where a series began, it began at 0; and it began within
    the window when it was not there at the window's start although the process was read then, or when the process
    itself is younger. A series that is back after scrapes failed did not begin, and adds nothing that it counted before.
    """
    return (
        f"sum{by(labels)} (\n"
        f"  increase({selector}[{window}])\n"
        f"  + (\n"
        f"    (min_over_time({selector}[{window}]) unless {selector} offset {window})\n"
        f"    and on (job, instance)\n"
        f"    (up offset {window} == 1{_or_younger(window)})\n"
        f"  )\n"
        f"  or\n"
        f"  increase({selector}[{window}])\n"
        f")"
    )


def _or_younger(window: str) -> str:
    # How long Grafana's window is, only Grafana knows; it is short, and a process seldom younger.
    if window == RATE:
        return ""
    return f" or time() - process_start_time_seconds < {int(window[:-1]) * _UNITS[window[-1]]}"


def quantile(q: float, metric: Metric, *labels: str, matchers: str = "", window: str = RATE) -> str:
    """Return a quantile of a histogram; nothing (rather than NaN) where nothing was measured."""
    inner = _events(select(metric, matchers, part="bucket"), window, "le", *labels)
    return f"histogram_quantile({q}, {inner}) >= 0"


def mean(metric: Metric, *labels: str, matchers: str = "", window: str = RATE) -> str:
    """Return the mean of a histogram; nothing where nothing was measured."""
    sums = _events(select(metric, matchers, part="sum"), window, *labels)
    counts = _events(select(metric, matchers, part="count"), window, *labels)
    return f"{sums}\n/\n({counts} > 0)"


def _events(selector: str, window: str, *labels: str) -> str:
    """Return events in any unit, for a quotient: where they are many a rate does, where they are few each one counts."""
    return rate(selector, *labels) if window == RATE else counted(selector, window, *labels)


def ratio(part: str, whole: str) -> str:
    """Return `part / whole`, 0 where `part` has no series, nothing where `whole` is 0."""
    return f"(\n{part}\nor\n0 * {whole}\n)\n/\n({whole} > 0)"


def error_ratio(window: str) -> str:
    """Return the share of the service's answers that are server errors."""
    answers = select(catalog.HTTP_REQUEST_DURATION, SERVICE, part="count")
    errors = select(catalog.HTTP_REQUEST_DURATION, f"{SERVICE},{SERVER_ERROR}", part="count")
    return ratio(counted(errors, window), counted(answers, window))


def success_ratio(window: str) -> str:
    """Return the share of finished jobs that succeeded; cancelled jobs are the caller's choice and left out."""
    good = counted(select(catalog.JOB_FINISHED, 'outcome="succeeded"'), window)
    both = counted(select(catalog.JOB_FINISHED, 'outcome=~"succeeded|failed"'), window)
    return ratio(good, both)


def card_facts() -> str:
    """Return one series of facts for each card, however many workers read it."""
    return f"topk by (gpu_uuid) (1, {catalog.GPU_INFO.name})"


def per_card(expr: str, *labels: str) -> str:
    """Return `expr` once for each card: the largest value where several workers read the same one."""
    return f"max by ({', '.join(('gpu_uuid', *labels))}) ({expr})"


def named(expr: str, *facts: str) -> str:
    """Return an expression by gpu_uuid with `facts` of the card (default index and model) as labels."""
    names = ", ".join(facts or ("index", "model"))
    return f"{expr}\n* on (gpu_uuid) group_left ({names})\n{card_facts()}"


def by_card(expr: str, *facts: str, labels: tuple[str, ...] = ()) -> str:
    """Return `expr` for each card with `facts` of the card (default index and model) as labels.

    The largest value counts where several workers read the same card.
    """
    return named(per_card(expr, *labels), *facts)


def in_an_hour(metric: Metric) -> str:
    """Return how far a card's counter rose within an hour, for as long as the card gives it."""
    return f"(increase({metric.name}[1h]) and {metric.name})"


def answering() -> str:
    """Return 1 for each card that answers."""
    return f"(min by (gpu_uuid) ({catalog.GPU_AVAILABLE.name}) == 1)"


def missing(*metrics: Metric) -> str:
    """Return a series without a value for each card that does not give one of `metrics`, with the reason as `state`.

    A line that ends says nothing of why; this stands beside it, and no number stands for what is not known.
    """
    readings = "|".join(("all", *(metric.name for metric in metrics)))
    matcher = f'reading=~"{readings}"'
    reasons = f"max by (gpu_uuid, state) ({select(catalog.GPU_READING_MISSING, matcher)})"
    return f"{named(reasons)}\n* NaN"


def where_seen(expr: str, metric: Metric) -> str:
    """Return `expr`, a count by gpu_uuid, and 0 for each other card that answers and gives `metric`."""
    matcher = f'reading="{metric.name}"'
    blind = f"max by (gpu_uuid) ({select(catalog.GPU_READING_MISSING, matcher)})"
    return f"{expr}\nor\n0 * ({answering()} unless on (gpu_uuid) {blind})"


def age(metric: Metric, matchers: str = "") -> str:
    """Return the seconds since the Unix time that a gauge holds."""
    return f"time() - max({select(metric, matchers)})"


def threshold(alert: str) -> str:
    """Return the threshold that an alert compares with, as the notifier publishes it."""
    matcher = f'alert="{alert}"'
    return f"max({select(catalog.ALERT_THRESHOLD, matcher)})"


def latest(metric: Metric, *labels: str) -> str:
    """Return a figure that every api process reads from the one database: summed over labels, once."""
    per_process = f"sum by ({', '.join(('instance', *labels))}) ({metric.name})"
    return f"max{by(labels)} ({per_process})"


def period(metric: Metric, name: Literal["day", "month"]) -> str:
    """Return a figure of the calendar day or month, the same from every api process."""
    matcher = f'period="{name}"'
    return f"max({select(metric, matcher)})"


def cards(simulated: Literal["true", "false"]) -> str:
    """Return the number of real or of simulated cards; nothing where there is none."""
    matcher = f'simulated="{simulated}"'
    return f"count(count by (gpu_uuid) ({select(catalog.GPU_INFO, matcher)}))"
