"""The name of every setting there is, so that a misspelt one is found."""

import difflib
import re
from collections.abc import Iterable, Iterator
from typing import Final

from alerts.notifier.settings import NotifierSettings
from alerts.thresholds import THRESHOLDS
from stack.console.settings import ConsoleSettings
from stack.paths import PROJECT
from telemetry import TelemetrySettings
from telemetry.process_settings import FILE, PREFIX, ProcessSettings, is_secret

try:
    from app.settings import Settings
except ModuleNotFoundError:  # the wheel has no app/: it runs others' apps
    _OF_THE_SERVICE: tuple[type[ProcessSettings], ...] = ()
else:
    _OF_THE_SERVICE = (Settings,)

CLASSES: Final[tuple[type[ProcessSettings], ...]] = (
    *_OF_THE_SERVICE,
    TelemetrySettings,
    NotifierSettings,
    ConsoleSettings,
)
_OF_COMMANDS: Final = frozenset({"PLAINVIEW_API_KEY", "PLAINVIEW_PYTHON"})
_OF_TESTS: Final = "PLAINVIEW_TEST_"
_CLOSE_ENOUGH: Final = 0.75


def names() -> frozenset[str]:
    """Return the variables of all parts, of the commands and of docker-compose.yml."""
    found = set(_OF_COMMANDS) | {threshold.variable for threshold in THRESHOLDS}
    for kind in CLASSES:
        for variable, field in kind.variables().items():
            found |= {variable, f"{variable}{FILE}"} if is_secret(field) else {variable}
    compose = PROJECT / "docker-compose.yml"
    if compose.is_file():
        found |= set(re.findall(rf"\b{PREFIX}\w+", compose.read_text()))
    return frozenset(found)


def unknown(variables: Iterable[str]) -> Iterator[str]:
    """Yield a line for each variable with our prefix that nothing reads, with the one that was perhaps meant."""
    known = names()
    for variable in sorted(variables):
        if not variable.startswith(PREFIX) or variable in known or variable.startswith(_OF_TESTS):
            continue
        short = {name.removeprefix(PREFIX): name for name in known}
        close = difflib.get_close_matches(variable.removeprefix(PREFIX), short, n=1, cutoff=_CLOSE_ENOUGH)
        yield f"{variable} is not a setting" + (f"; did you mean {short[close[0]]}?" if close else "")
