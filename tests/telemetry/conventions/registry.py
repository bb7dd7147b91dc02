"""OpenTelemetry's semantic conventions as the installed package states them."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from types import ModuleType
from typing import Final

import opentelemetry.semconv.attributes
import opentelemetry.semconv.metrics
from opentelemetry.semconv._incubating import metrics as developing

_METRIC: Final = re.compile(
    r'^[A-Z_]+: Final = "([^"]+)"\n"""\n(?:(?!""").)*?Instrument: (\w+)\nUnit: (\S+)\n', re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Instrument:
    """What the conventions say of a metric."""

    name: str
    kind: str
    unit: str

    @property
    def in_prometheus(self) -> str:
        """Its name by OpenTelemetry's rules for Prometheus."""
        unit = {"s": "_seconds", "By": "_bytes", "1": "_ratio", "Cel": "_celsius", "J": "_joules"}.get(self.unit, "")
        total = "_total" if self.kind == "counter" else ""
        return self.name.replace(".", "_").removesuffix(unit) + unit + total


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    for module in pkgutil.iter_modules(package.__path__):
        yield importlib.import_module(f"{package.__name__}.{module.name}")


def _attributes() -> frozenset[str]:
    return frozenset(
        value
        for module in _modules(opentelemetry.semconv.attributes)
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, str) and not name.endswith("_TEMPLATE")
    )


def _choices() -> dict[str, frozenset[str]]:
    """Return attribute to its well-known values; others may be allowed beside them."""
    found = {}
    for module in _modules(opentelemetry.semconv.attributes):
        for name, value in vars(module).items():
            if inspect.isclass(value) and issubclass(value, Enum) and value is not Enum:
                constant = re.sub(r"(?<!^)(?=[A-Z])", "_", name.removesuffix("Values")).upper()
                found[getattr(module, constant)] = frozenset(each.value for each in value)
    return found


def _instruments(package: ModuleType) -> dict[str, Instrument]:
    found = (match for module in _modules(package) for match in _METRIC.findall(inspect.getsource(module)))
    instruments = (Instrument(name, kind, unit) for name, kind, unit in found)
    return {each.in_prometheus: each for each in instruments}


#: Names of stable attributes.
ATTRIBUTES: Final = _attributes()
CHOICES: Final = _choices()
#: Prometheus name to instrument: the stable ones, and those in development.
STABLE: Final = _instruments(opentelemetry.semconv.metrics)
IN_DEVELOPMENT: Final = _instruments(developing)
