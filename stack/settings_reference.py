"""`python -m stack.settings_reference` writes docs/SETTINGS.md from the settings classes, `--check` says whether it is current."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from alerts.notifier.settings import NotifierSettings
from alerts.thresholds import THRESHOLDS
from app.settings import Settings
from stack.console.settings import ConsoleSettings
from stack.paths import PROJECT
from telemetry import TelemetrySettings
from telemetry.generated import run
from telemetry.process_settings import FILE, ProcessSettings, is_secret

PAGE: Final = PROJECT / "docs" / "SETTINGS.md"
_MODULE: Final = "stack.settings_reference"

_PARTS: Final[tuple[tuple[str, type[ProcessSettings]], ...]] = (
    ("Service and worker", Settings),
    ("Telemetry, in every process", TelemetrySettings),
    ("Notifier", NotifierSettings),
    ("Console and trace store", ConsoleSettings),
)

_HEAD: Final = f"""\
# Settings

Written by `python -m {_MODULE}`; do not edit.

Every setting is an environment variable. `./plainview up` hands those of your shell on to each part, and
`docker compose up` those that docker-compose.yml names, from your shell or from a file `.env`. A wrong value stops the
start with the variable, its value and what is allowed. An empty variable counts as not set.
"""


def render() -> str:
    """Return the page: a table of variables for each part, then the thresholds of alerts."""
    return "\n".join([_HEAD, *_sections()])


def _sections() -> Iterator[str]:
    seen: set[str] = set()
    for title, kind in _PARTS:
        yield f"## {title}\n"
        yield "| variable | default | what it is |\n|---|---|---|"
        for variable, field in kind.variables().items():
            if variable not in seen:
                seen.add(variable)
                yield _row(variable, field)
        yield ""
    yield "## Alert thresholds\n"
    yield "The notifier publishes them as `alert_threshold{alert=}`; the rules read that series, so a change needs no rule edit.\n"
    yield "| variable | default | what it is |\n|---|---|---|"
    for threshold in THRESHOLDS:
        yield f"| `{threshold.variable}` | {threshold.default:.15g} | {threshold.meaning} ({threshold.unit}) |"
    yield ""


def _row(variable: str, field: FieldInfo) -> str:
    also = f" Or the path of a file with it: `{variable}{FILE}`." if is_secret(field) else ""
    return f"| `{variable}` | {_default(field.default)} | {field.description or ''}{also} |"


def _default(value: Any) -> str:
    if isinstance(value, SecretStr) or value is None or value in ("", ()):
        return ""
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}"
    if isinstance(value, Path):
        return "`.plainview`" if value.name == ".plainview" else f"`{value}`"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:.10g}"
    return f"`{','.join(value) if isinstance(value, tuple) else str(value).rstrip('/')}`"


if __name__ == "__main__":
    sys.exit(run(_MODULE, PAGE, render))
