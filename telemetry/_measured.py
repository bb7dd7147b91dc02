"""What `counted`, `timed` and `observed` share: a block or a call under measure, and functions of every kind."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing
from contextvars import ContextVar
from functools import wraps
from types import TracebackType
from typing import Any, Final, ParamSpec, Self, TypeVar, cast

from telemetry._labels import Arguments, Ended, FromArgument, FromResult, Source, check, check_function, text, values_of
from telemetry._series import Series, trouble
from telemetry.catalog import Metric

P = ParamSpec("P")
T = TypeVar("T")

_PART: Final = "own_metrics"


class Measured:
    """A context manager that may be entered again, also while it is entered, and a decorator.

    It keeps nothing of a use, so that one object may serve all threads and tasks, as long as the module lives.
    """

    _types: tuple[str, ...] = ()

    def __init__(self, helper: str, metric: Metric, labels: dict[str, Source]) -> None:
        check(metric, self._types, helper, labels)
        self.metric = metric
        self._labels = labels
        self._family = Series(metric)
        fixed = not any(isinstance(source, FromArgument | FromResult) for source in labels.values())
        self._is_fixed = fixed and len(labels) == len(metric.labels)
        if self._is_fixed:
            self._series = Series(metric, *(text(labels[label]) for label in metric.labels))

    def __enter__(self) -> Use:
        use = Use(self, None)
        _ENTERED.set((*_ENTERED.get(), use))
        return use.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        entered = _ENTERED.get()
        # Blocks end inside out, but for those of generators that take turns.
        for place in range(len(entered) - 1, -1, -1):
            if (use := entered[place]).measured is self:
                _ENTERED.set(entered[:place] + entered[place + 1 :])
                use.__exit__(kind, error, traceback)
                return

    async def __aenter__(self) -> Use:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)

    def __call__(self, function: Callable[P, T]) -> Callable[P, T]:
        """Return `function` with every call measured; of a generator, from its first step to its end."""
        check_function(self.metric, self._labels, function)
        wrapper = _wrapper(function)
        return cast("Callable[P, T]", wraps(function)(wrapper(self, function, Arguments(function))))

    def child(self, ended: Ended, arguments: Arguments | None) -> Any:
        """Return the client's object of the series that belongs to what ended."""
        if self._is_fixed and not ended.labels:
            return self._series.now()
        family = self._family.now()
        if not self.metric.labels:
            return family
        return family.labels(*values_of(self.metric, self._labels, ended, arguments))

    def begin(self, use: Use) -> Any:
        """Return what `end` needs to know of the beginning."""

    def end(self, use: Use) -> None:
        """Record a use that ended."""
        raise NotImplementedError


class Use(Ended):
    """One use of a block or a decorated function.

    Attributes:
        value: what `observed` observes; set it in the block.
    """

    __slots__ = ("arguments", "began", "measured", "value")

    def __init__(
        self, measured: Measured, arguments: Arguments | None, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> None:
        # Not by the base's own constructor, which takes as long as all of this.
        self.args, self.kwargs = args, kwargs
        self.result: Any = None
        self.error: BaseException | None = None
        self.labels: dict[str, object] | None = None
        self.measured = measured
        self.arguments = arguments
        self.began: Any = None
        self.value: float | None = None

    def label(self, **values: object) -> None:
        """Give labels their values for this use; they go before those that the helper was given."""
        self.labels = {**(self.labels or {}), **values}
        known = self.measured.metric.labels
        for wrong in values.keys() - {*known}:
            trouble(
                _PART, LookupError(f"{self.measured.metric.name} has no label {wrong!r}; it has {', '.join(known)}")
            )

    def __enter__(self) -> Self:
        try:
            self.began = self.measured.begin(self)
        except Exception as error:  # noqa: BLE001 - the block runs whatever happens to us
            trouble(_PART, error)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self.error = error
        try:
            self.measured.end(self)
        except Exception as fault:  # noqa: BLE001 - as above
            trouble(_PART, fault)
        finally:
            self.error = None  # its traceback holds the frames of the caller

    @property
    def series(self) -> Any:
        """The client's object that this use is recorded with."""
        return self.measured.child(self, self.arguments)


_ENTERED: Final[ContextVar[tuple[Use, ...]]] = ContextVar("plainview_own_metrics", default=())


def _wrapper(function: Callable[..., Any]) -> Callable[[Measured, Callable[..., Any], Arguments], Callable[..., Any]]:
    call = function if inspect.isroutine(function) else getattr(type(function), "__call__", function)  # noqa: B004
    if inspect.isasyncgenfunction(function) or inspect.isasyncgenfunction(call):
        return _async_generator
    if inspect.isgeneratorfunction(function) or inspect.isgeneratorfunction(call):
        return _generator
    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call):
        return _coroutine
    return _plain


def _plain(measured: Measured, function: Callable[..., Any], arguments: Arguments) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        with Use(measured, arguments, args, kwargs) as use:
            use.result = function(*args, **kwargs)
            return use.result

    return call


def _coroutine(measured: Measured, function: Callable[..., Any], arguments: Arguments) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        with Use(measured, arguments, args, kwargs) as use:
            use.result = await function(*args, **kwargs)
            return use.result

    return call


def _generator(measured: Measured, function: Callable[..., Any], arguments: Arguments) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        with Use(measured, arguments, args, kwargs) as use:
            use.result = yield from function(*args, **kwargs)
            return use.result

    return call


def _async_generator(measured: Measured, function: Callable[..., Any], arguments: Arguments) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        with Use(measured, arguments, args, kwargs):
            async with aclosing(function(*args, **kwargs)) as steps:
                step = anext(steps)
                while True:
                    try:
                        item = await step
                    except StopAsyncIteration:
                        return
                    try:
                        step = steps.asend((yield item))
                    except GeneratorExit:
                        raise
                    except BaseException as error:  # noqa: BLE001 - what is thrown in goes to the function
                        step = steps.athrow(error)

    return call
