"""Settings at the entry point: built once, and a wrong value ends the start with a line that says what is allowed."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsError

from app.settings import PREFIX, Settings

SettingsT = TypeVar("SettingsT", bound=BaseSettings)

WRONG_SETTINGS: Final = 2

# Other parts share the prefix; their variables are theirs to check.
_OTHER_PARTS: Final = (
    "ALERT", "CONSOLE_", "GPU", "GRAFANA_", "JAEGER_", "LOG_", "NOTIF", "PROMETHEUS_", "SERVICE_", "TRACESTORE",
)  # fmt: skip
_CLOSE_ENOUGH: Final = 0.8


def load(kind: type[SettingsT]) -> SettingsT:
    """Return the settings read from the environment, or exit with one line per wrong value on stderr."""
    try:
        return kind()
    except ValidationError as error:
        lines = [_line(kind, problem["loc"], problem.get("input"), problem["msg"]) for problem in error.errors()]
    except (SettingsError, ValueError) as error:
        lines = [str(error)]
    for line in lines:
        sys.stderr.write(f"{line}\n")
    raise SystemExit(WRONG_SETTINGS)


def _line(kind: type[BaseSettings], location: tuple[int | str, ...], value: object, message: str) -> str:
    name = str(location[0])
    variable = name if name.isupper() else f"{PREFIX}{name}".upper()
    field = kind.model_fields.get(name)
    shown = "(hidden)" if field is not None and "Secret" in str(field.annotation) else repr(value)
    return f"{variable}={shown} is not allowed: {message.removeprefix('Value error, ')}"


def variables(kind: type[BaseSettings] = Settings) -> frozenset[str]:
    """Return the names of the environment variables that `kind` reads."""
    names = (str(field.validation_alias or f"{PREFIX}{name}".upper()) for name, field in kind.model_fields.items())
    return frozenset(names)


def likely_typos(environment: Mapping[str, str] = os.environ) -> Iterable[tuple[str, str]]:
    """Yield (variable, the one it was probably meant to be) for names that look like a misspelt setting of ours."""
    ours = {name.removeprefix(PREFIX): name for name in variables()}
    for variable in sorted(environment):
        name = variable.removeprefix(PREFIX)
        known = not variable.startswith(PREFIX) or name in ours or name.removesuffix("_FILE") in ours
        if known or name.startswith(_OTHER_PARTS):
            continue
        for match in difflib.get_close_matches(name, ours, n=1, cutoff=_CLOSE_ENOUGH):
            yield variable, ours[match]
