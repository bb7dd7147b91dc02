"""`counted`, `timed` and `observed`: own metrics, each through the catalog entry that declares it."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from functools import wraps
from time import perf_counter
from typing import Any, Final, ParamSpec, TypeVar, cast

from telemetry._labels import Ended, Source, check_function
from telemetry._measured import Measured, Use
from telemetry._series import exemplar, quiet, trouble
from telemetry.catalog import Metric

P = ParamSpec("P")
T = TypeVar("T")

_PART: Final = "own_metrics"


def counted(metric: Metric, /, **labels: Source) -> Counted:
    """Count calls of a function or runs of a block, as a decorator and as a context manager.

    A counter counts those that ended, a gauge those that are under way. A label `outcome` is succeeded, failed or
    cancelled and a label `error_type` the class of the exception, unless they are given. Counting never raises; what is
    counted before telemetry starts is shown once it does.

    Args:
        metric: a counter or a gauge.
        labels: a text, `from_argument(...)` or `from_result(...)` for each label.

    Raises:
        TypeError: the entry is of another type, has no such label, or is left without one.
    """
    return Counted("counted", metric, labels)


def timed(metric: Metric, /, **labels: Source) -> Timed:
    """Time calls of a function or runs of a block, in seconds; of a generator, from its first step to its end.

    Args:
        metric: a histogram whose unit is seconds.
        labels: as for `counted`.

    Raises:
        TypeError: as for `counted`.
    """
    return Timed("timed", metric, labels)


def observed(metric: Metric, value: Callable[[Any], float] | None = None, /, **labels: Source) -> Observed:
    """Observe a number: what a function returns, or what a block sets as its `value`.

    A histogram observes it, a gauge is set to it, a counter grows by it. A call that raises observes nothing.

    Args:
        metric: a histogram, a gauge, a counter, or an info, which is observed as 1.
        value: makes the number from what the function returns; without it that is the number.
        labels: as for `counted`.

    Raises:
        TypeError: as for `counted`.
    """
    return Observed(metric, value, labels)


class Counted(Measured):
    """What `counted` returns."""

    _types = ("counter", "gauge")

    @quiet(_PART)
    def add(self, amount: float = 1) -> None:
        """Count `amount` at once, without a block; of a gauge, as many more or less are under way."""
        self._add(self.child(Ended(), None), amount)

    def begin(self, use: Use) -> Any:
        """Count what is under way."""
        if self.metric.type == "counter":
            return None
        gauge = use.series
        gauge.inc()
        return gauge

    def end(self, use: Use) -> None:
        """Count what ended."""
        if self.metric.type == "counter":
            self._add(use.series, 1)
        elif use.began is not None:
            use.began.dec()

    def __call__(self, function: Callable[P, T]) -> Callable[P, T]:
        """Return `function` with every call counted."""
        if not self._is_fixed or self.metric.type != "counter" or not _returns_at_once(function):
            return super().__call__(function)
        check_function(self.metric, self._labels, function)
        now = self._series.now

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return function(*args, **kwargs)
            finally:
                try:
                    now().inc(1, exemplar())
                except Exception as error:  # noqa: BLE001 - the caller goes on
                    trouble(_PART, error)

        return cast("Callable[P, T]", call)

    def _add(self, child: Any, amount: float) -> None:
        if self.metric.type == "counter":
            child.inc(amount, exemplar())
        else:
            child.inc(amount)


class Timed(Measured):
    """What `timed` returns."""

    _types = ("histogram",)

    def __init__(self, helper: str, metric: Metric, labels: dict[str, Source]) -> None:
        super().__init__(helper, metric, labels)
        if metric.unit != "seconds":
            raise TypeError(f"{helper} measures seconds; the unit of {metric.name} is {metric.unit or 'none'}")

    @quiet(_PART)
    def record(self, seconds: float) -> None:
        """Record a duration that was measured elsewhere."""
        self.child(Ended(), None).observe(_number(seconds), exemplar())

    def begin(self, use: Use) -> Any:  # noqa: ARG002 - as the others
        """Return the time."""
        return perf_counter()

    def end(self, use: Use) -> None:
        """Record the time since."""
        use.series.observe(perf_counter() - use.began, exemplar())

    def __call__(self, function: Callable[P, T]) -> Callable[P, T]:
        """Return `function` with every call timed."""
        if not self._is_fixed or not _returns_at_once(function):
            return super().__call__(function)
        check_function(self.metric, self._labels, function)
        now = self._series.now

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            began = perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                try:
                    now().observe(perf_counter() - began, exemplar())
                except Exception as error:  # noqa: BLE001 - the caller goes on
                    trouble(_PART, error)

        return cast("Callable[P, T]", call)


class Observed(Measured):
    """What `observed` returns."""

    _types = ("histogram", "gauge", "counter", "info")

    def __init__(self, metric: Metric, value: Callable[[Any], float] | None, labels: dict[str, Source]) -> None:
        super().__init__("observed", metric, labels)
        self._value = value

    @quiet(_PART)
    def record(self, value: float) -> None:
        """Observe `value` at once, without a block."""
        self._observe(self.child(Ended(), None), value)

    def end(self, use: Use) -> None:
        """Observe the value of a use that ended well."""
        if use.error is not None:
            return
        if use.arguments is None and use.value is None:
            raise LookupError(f"the block set no value for {self.metric.name}: observed(...) as seen; seen.value = ...")
        value = use.value if use.arguments is None else use.result
        if use.arguments is not None and self._value is not None:
            value = self._value(use.result)
        self._observe(use.series, cast("float", value))

    def _observe(self, child: Any, value: float) -> None:
        number = _number(value)
        if self.metric.type in ("gauge", "info"):
            child.set(number)
        elif self.metric.type == "counter":
            child.inc(number, exemplar())
        else:
            child.observe(number, exemplar())


def _number(value: float) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{number} is not observed: every later sum would be {number} as well")
    return number


def _returns_at_once(function: Callable[..., Any]) -> bool:
    kinds = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)
    return inspect.isroutine(function) and not any(is_kind(function) for is_kind in kinds)
