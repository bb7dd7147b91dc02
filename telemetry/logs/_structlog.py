"""Loads structlog without rich.

structlog.dev loads rich and pygments for coloured tracebacks on a developer's screen wherever they are installed, and
with Plainview they are: 4 MB in each process of a service. We write tracebacks plainly. An app that wants rich ones from
structlog's own ConsoleRenderer imports rich or structlog before telemetry.
"""

import sys

_OURS_TO_LOAD = "structlog" not in sys.modules and "rich" not in sys.modules

if _OURS_TO_LOAD:
    sys.modules["rich"] = None  # type: ignore[assignment]  # how Python spells "not to be found"
try:
    import structlog as structlog  # noqa: PLC0414 - loaded for those after us
finally:
    if _OURS_TO_LOAD:
        del sys.modules["rich"]
