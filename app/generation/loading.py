"""Makes the generator that a setting names."""

from __future__ import annotations

import importlib
import inspect
from typing import TYPE_CHECKING, Any

from app.generation.generator import Generator

if TYPE_CHECKING:
    from telemetry.gpu import Device

_ARGUMENTS = ("image", "audio", "prompt", "output", "context")


class GeneratorUnusableError(ValueError):
    """The setting does not name a usable generator.

    Attributes:
        spec: the setting as given.
        reason: what is wrong with it.
    """

    def __init__(self, spec: str, reason: str) -> None:
        self.spec = spec
        self.reason = reason
        super().__init__(spec, reason)

    def __str__(self) -> str:
        return f"PLAINVIEW_GENERATOR={self.spec!r}: {self.reason}; write 'package.module:Class' (docs/GENERATOR.md)"


def load(spec: str, device: Device) -> Generator:
    """Import the class that `spec` ("package.module:Class") names and return `Class(device)`.

    Raises:
        GeneratorUnusableError: the module or class is not there, or it is not a generator.
    """
    cls = _named_class(spec)
    try:
        inspect.signature(cls).bind(device)
    except TypeError as error:
        raise GeneratorUnusableError(
            spec, f"{cls.__name__} must be made with one argument, the device ({error})"
        ) from error
    generator: Generator = cls(device)
    _check(spec, generator)
    return generator


def _named_class(spec: str) -> type[Any]:
    module_name, separator, class_name = spec.partition(":")
    if not (separator and module_name and class_name):
        raise GeneratorUnusableError(spec, "no module and class, separated by a colon")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise GeneratorUnusableError(spec, f"module {module_name} cannot be imported ({error})") from error
    found = getattr(module, class_name, None)
    if found is None:
        raise GeneratorUnusableError(spec, f"module {module_name} has no {class_name}")
    if not inspect.isclass(found):
        raise GeneratorUnusableError(spec, f"{class_name} is a {type(found).__name__}, not a class")
    named: type[Any] = found
    return named


def _check(spec: str, generator: object) -> None:
    name = type(generator).__name__
    if not isinstance(generator, Generator):
        missing = [member for member in ("model", "generate") if not hasattr(generator, member)]
        raise GeneratorUnusableError(spec, f"{name} lacks {' and '.join(missing)}")
    if not isinstance(generator.model, str) or not generator.model:
        raise GeneratorUnusableError(spec, f"{name}.model is {generator.model!r}, not a name")
    try:
        inspect.signature(generator.generate).bind(*_ARGUMENTS)
    except (TypeError, ValueError) as error:
        raise GeneratorUnusableError(spec, f"{name}.generate must take {', '.join(_ARGUMENTS)} ({error})") from error
