"""The limits as data, and the setting that changes them."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, get_args

from app.keys.rate import rate_limit

Tier = Literal["anonymous", "standard", "premium", "admin"]
EndpointClass = Literal["health", "submit", "status", "result", "stats", "cancel", "upload", "admin"]

TIERS: Final[tuple[Tier, ...]] = get_args(Tier)
CLASSES: Final[tuple[EndpointClass, ...]] = get_args(EndpointClass)
UNLIMITED: Final = "unlimited"
OFF: Final = "off"

_SECTIONS: Final = ("tiers", "classes", "factors", "failures")


@dataclass(frozen=True, slots=True)
class Table:
    """Who may ask how often; a limit is written as the `limits` library reads it ("10/hour"), None is no limit.

    Attributes:
        tiers: of all requests of a key, or of an address without one.
        classes: of the requests to one class of endpoint, for the standard tier.
        factors: what a class's limit is multiplied with for a tier. Those that are not here have few limits by class:
            anonymous callers reach only what needs no key, and only the class `admin` holds administrators back.
        failures: of failed key checks of an address, all at once: the longer ones make the wait grow.
    """

    tiers: Mapping[Tier, str | None] = field(
        default_factory=lambda: MappingProxyType(
            {"anonymous": "100/minute", "standard": "1000/minute", "premium": "5000/minute", "admin": None}
        )
    )
    classes: Mapping[EndpointClass, str | None] = field(
        default_factory=lambda: MappingProxyType(
            {
                "health": "60/minute",
                "submit": "10/minute",
                "status": "60/minute",
                "result": "30/minute",
                "stats": "30/minute",
                "cancel": "20/minute",
                "upload": "5/minute",
                "admin": "1000/minute",
            }
        )
    )
    factors: Mapping[Tier, float] = field(default_factory=lambda: MappingProxyType({"standard": 1.0, "premium": 5.0}))
    failures: tuple[str, ...] = ("20/minute", "100/hour", "300/day")


NOTHING: Final = Table(dict.fromkeys(TIERS), dict.fromkeys(CLASSES), {}, ())


def table_of(setting: str | None) -> Table:
    """Return the table in force: the default with what the setting changes.

    Args:
        setting: JSON, the path of a TOML or JSON file with the same content, `off`, or None for the default.

    Raises:
        ValueError: names what cannot be used, its value and what is allowed.
    """
    if setting is None:
        return Table()
    if setting == OFF:
        return NOTHING
    changes = _parsed(setting)
    _known("", changes, _SECTIONS)
    default = Table()
    tiers = _limits("tiers", changes.get("tiers", {}), TIERS)
    classes = _limits("classes", changes.get("classes", {}), CLASSES)
    factors = _factors(changes.get("factors", {}))
    failures = changes.get("failures")
    return Table(
        {**default.tiers, **tiers},
        {**default.classes, **classes},
        {**default.factors, **factors},
        default.failures if failures is None else _failures(failures),
    )


def _parsed(setting: str) -> dict[str, Any]:
    try:
        if setting.lstrip().startswith("{"):
            found = json.loads(setting)
        else:
            text = Path(setting).read_text(encoding="utf-8")
            found = tomllib.loads(text) if setting.endswith(".toml") else json.loads(text)
    except OSError as error:
        raise ValueError(
            f'should be JSON such as {{"tiers": {{"standard": "2000/minute"}}}}, the path of a .toml or .json file, or {OFF}; '
            f"no file can be read there: {error.strerror}"
        ) from error
    except (json.JSONDecodeError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"cannot be read as {'TOML' if setting.endswith('.toml') else 'JSON'}: {error}") from error
    if not isinstance(found, dict):
        raise ValueError(f"should be an object with {', '.join(_SECTIONS)}")  # noqa: TRY004 - pydantic shows these
    return found


def _limits(section: str, changes: Any, names: tuple[Any, ...]) -> dict[Any, str | None]:
    _known(section, changes, names)
    return {name: _limit(value, f"{section}.{name}") for name, value in changes.items()}


def _limit(value: Any, name: str) -> str | None:
    if value == UNLIMITED:
        return None
    try:
        return rate_limit(str(value))
    except ValueError as error:
        raise ValueError(f"{name}={value!r} {error}, or {UNLIMITED}") from error


def _factors(changes: Any) -> dict[Tier, float]:
    _known("factors", changes, TIERS)
    for name, value in changes.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < float("inf"):
            raise ValueError(f"factors.{name}={value!r} should be a number above 0")
    return {name: float(value) for name, value in changes.items()}


def _failures(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(f"failures={value!r} should be a list of limits such as 20/minute")  # noqa: TRY004
    return tuple(found for entry in value if (found := _limit(entry, "failures")) is not None)


def _known(section: str, changes: Any, names: tuple[str, ...]) -> None:
    if not isinstance(changes, dict):
        raise ValueError(f"{section}={changes!r} should have some of {', '.join(names)}")  # noqa: TRY004
    for name in changes:
        if name not in names:
            raise ValueError(f"{f'{section}.' if section else ''}{name} is not known; allowed: {', '.join(names)}")
