"""Where the label values of an own metric come from: fixed texts, the call's arguments, its result, how it ended."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from telemetry._outcome import error_type_of, outcome_of
from telemetry._series import trouble
from telemetry.catalog import Metric

#: The value of a label that could not be found out.
UNKNOWN: Final = "unknown"
_PART: Final = "own_metrics"


@dataclass(frozen=True, slots=True)
class FromArgument:
    """A label value that is taken from an argument of the call."""

    name: str
    convert: Callable[[Any], object] | None


@dataclass(frozen=True, slots=True)
class FromResult:
    """A label value that is made from what the call returns."""

    convert: Callable[[Any], object] | None


Source = str | int | bool | Enum | FromArgument | FromResult | None


def from_argument(name: str, convert: Callable[[Any], object] | None = None) -> FromArgument:
    """Take a label's value from the argument `name` of the decorated function, through `convert` if there is one."""
    return FromArgument(name, convert)


def from_result(convert: Callable[[Any], object] | None = None) -> FromResult:
    """Take a label's value from what the decorated function returns; where it raises, the value is `unknown`."""
    return FromResult(convert)


def text(value: object) -> str:
    """Return a value as a label shows it: `true` and `false`, the value of an enum, nothing for None."""
    if isinstance(value, Enum):
        value = value.value
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def check(metric: Metric, types: tuple[str, ...], helper: str, labels: Mapping[str, Source]) -> None:
    """Raise what is wrong with the way a helper was asked for.

    Raises:
        TypeError: names the metric or the label, what was given and what is allowed.
    """
    if not isinstance(metric, Metric):
        raise TypeError(f"{helper} needs a catalog entry, telemetry.Metric(...); {metric!r} is none")
    if metric.type not in types:
        raise TypeError(f"{helper} needs a {' or '.join(types)}; {metric.name} is a {metric.type}")
    for label, source in labels.items():
        if label not in metric.labels:
            raise TypeError(f"{metric.name} has no label {label!r}; it has {', '.join(metric.labels) or 'none'}")
        if not (source is None or isinstance(source, str | int | Enum | FromArgument | FromResult)):
            raise TypeError(f"{label}={source!r} is not allowed: a text, from_argument(...) or from_result(...)")
        closed = metric.values.get(label)
        if closed and not isinstance(source, FromArgument | FromResult) and text(source) not in closed:
            raise TypeError(f"{label}={source!r} is not allowed: {metric.name} has {', '.join(closed)}")


def check_function(metric: Metric, labels: Mapping[str, Source], function: Callable[..., Any]) -> None:
    """Raise what a decorator can know before the first call.

    Raises:
        TypeError: a label has no source, or its argument is none of the function's.
    """
    missing = [label for label in metric.labels if label not in labels and label not in _BY_THEMSELVES]
    if missing:
        raise TypeError(f"{metric.name} needs a value for {', '.join(missing)}: {missing[0]}=...")
    parameters = inspect.signature(function).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return
    for label, source in labels.items():
        if isinstance(source, FromArgument) and source.name not in parameters:
            name = getattr(function, "__qualname__", repr(function))
            known = ", ".join(parameters) or "none"
            raise TypeError(f"{label}=from_argument({source.name!r}) is not allowed: {name} has the arguments {known}")


class Arguments:
    """Finds arguments of a function's calls by name, without binding the whole signature at each."""

    def __init__(self, function: Callable[..., Any]) -> None:
        parameters = inspect.signature(function).parameters.values()
        positional = [each for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
        self._positions = {parameter.name: place for place, parameter in enumerate(positional)}
        self._defaults = {each.name: each.default for each in parameters if each.default is not each.empty}

    def find(self, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Return the argument as this call passes it, else its default; raises `KeyError` when it has none."""
        if name in kwargs:
            return kwargs[name]
        place = self._positions.get(name)
        if place is not None and place < len(args):
            return args[place]
        return self._defaults[name]


@dataclass(slots=True)
class Ended:
    """A call or a block as it ended."""

    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] | None = None
    result: Any = None
    error: BaseException | None = None
    labels: dict[str, object] | None = None


_BY_THEMSELVES: Final[Mapping[str, Callable[[BaseException | None], str]]] = {
    "outcome": outcome_of,
    "error_type": error_type_of,
}


def values_of(
    metric: Metric, sources: Mapping[str, Source], ended: Ended, arguments: Arguments | None
) -> tuple[str, ...]:
    """Return the label values of what ended; one that cannot be found out is `unknown`, counted as an error of ours."""
    return tuple(_value(label, sources, ended, arguments) for label in metric.labels)


def _value(label: str, sources: Mapping[str, Source], ended: Ended, arguments: Arguments | None) -> str:
    if ended.labels and label in ended.labels:
        return text(ended.labels[label])
    if label not in sources and label in _BY_THEMSELVES:
        return _BY_THEMSELVES[label](ended.error)
    try:
        if label not in sources:
            raise LookupError(f"{label} was given no value: with ... as use: use.label({label}=...)")  # noqa: TRY301
        return text(_found(sources[label], ended, arguments))
    except Exception as error:  # noqa: BLE001 - a converter of the user's may raise anything
        trouble(_PART, error)
        return UNKNOWN


def _found(source: Source, ended: Ended, arguments: Arguments | None) -> object:
    if isinstance(source, FromArgument):
        if arguments is None:
            raise LookupError(f"from_argument({source.name!r}) has a meaning on a decorated function only")
        value = arguments.find(source.name, ended.args, ended.kwargs or {})
        return source.convert(value) if source.convert else value
    if isinstance(source, FromResult):
        if ended.error is not None:
            return UNKNOWN
        return source.convert(ended.result) if source.convert else ended.result
    return source
