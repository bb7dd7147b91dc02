"""Series found without being handed a `Telemetry`: those of the current one, or those that the next start takes over."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, ParamSpec

from opentelemetry.trace import INVALID_SPAN, Span, get_current_span

from telemetry._current import PLACE
from telemetry.catalog import Metric

if TYPE_CHECKING:
    from telemetry._families import Families
    from telemetry._process import Telemetry

P = ParamSpec("P")


class Series:
    """One series of a catalog entry, or without label values its family; lives as long as whoever counts with it.

    It is looked up again only after a start or a stop, so that asking costs no more than a comparison. With
    `telemetry` it is that one's for ever.
    """

    __slots__ = ("_bound", "_families", "_metric", "_values")

    def __init__(self, metric: Metric, *values: str, telemetry: Telemetry | None = None) -> None:
        self._metric = metric
        self._values = values
        self._families = telemetry.families if telemetry is not None else None
        self._bound: tuple[Families | None, Any] = (None, None)

    def now(self) -> Any:
        """Return the client's object of this series."""
        bound = self._bound
        if bound[0] is PLACE.families:
            return bound[1]
        return self._look_up()

    def _look_up(self) -> Any:
        families = self._families or PLACE.families
        if self._bound[0] is not families:
            metric = self._metric
            make = {"counter": families.counter, "histogram": families.histogram}.get(metric.type, families.gauge)
            family: Any = make(metric)
            self._bound = (families, family.labels(*self._values) if self._values else family)
        return self._bound[1]


def exemplar() -> dict[str, str] | None:
    """Return what leads from an observation to the current span, None when that is not exported."""
    span = get_current_span()
    if span is INVALID_SPAN:
        return None
    kept = _KEPT[0]  # many observations are made within one span
    if kept[0] is span:
        return kept[1]
    context = span.get_span_context()
    if not context.trace_flags & 1:
        return None
    made = {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}
    _KEPT[0] = (span, made)
    return made


_KEPT: Final[list[tuple[Span | None, dict[str, str]]]] = [(None, {})]


def trouble(part: str, error: Exception) -> None:
    """Count and log an error of ours, which the caller must not notice."""
    with PLACE.families.edge(part):
        raise error


def quiet(part: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Return a decorator for what records something: an error in it is counted and logged, never raised."""

    def decorate(record: Callable[P, None]) -> Callable[P, None]:
        @wraps(record)
        def recorded(*args: P.args, **kwargs: P.kwargs) -> None:
            try:
                record(*args, **kwargs)
            except Exception as error:  # noqa: BLE001 - whatever it is, the caller goes on
                trouble(part, error)

        return recorded

    return decorate
