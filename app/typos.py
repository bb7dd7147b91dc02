"""Names that look like a misspelt setting of the service."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from typing import Final

from app.settings import Settings
from telemetry.process_settings import FILE, PREFIX

# Other parts share the prefix; their variables are theirs to check.
_OTHER_PARTS: Final = (
    "ALERT", "CONSOLE_", "GPU", "GRAFANA_", "JAEGER_", "LOG_", "NOTIF", "PROMETHEUS_", "SERVICE_", "TRACESTORE",
)  # fmt: skip
_CLOSE_ENOUGH: Final = 0.8


def likely_typos(environment: Mapping[str, str] = os.environ) -> Iterable[tuple[str, str]]:
    """Yield (variable, the one it was probably meant to be) for names that look like a misspelt setting of ours."""
    ours = {name.removeprefix(PREFIX): name for name in Settings.variables()}
    for variable in sorted(environment):
        name = variable.removeprefix(PREFIX)
        known = not variable.startswith(PREFIX) or name in ours or name.removesuffix(FILE) in ours
        if known or name.startswith(_OTHER_PARTS):
            continue
        for match in difflib.get_close_matches(name, ours, n=1, cutoff=_CLOSE_ENOUGH):
            yield variable, ours[match]
