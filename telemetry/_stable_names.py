"""OpenTelemetry's instrumentations still use their old attribute names unless a variable asks for the stable ones."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_OPT_IN: Final = "OTEL_SEMCONV_STABILITY_OPT_IN"
_STABLE: Final = ("http", "database")


@contextmanager
def stable_names() -> Iterator[None]:
    """Set the opt-in while OpenTelemetry asks for it, once in a process; children should not inherit it."""
    before = os.environ.get(_OPT_IN)
    chosen = [name.strip() for name in (before or "").split(",")]
    others = [name for name in chosen if name and not name.startswith(_STABLE)]
    os.environ[_OPT_IN] = ",".join([*others, *_STABLE])
    try:
        yield
    finally:
        if before is None:
            del os.environ[_OPT_IN]
        else:
            os.environ[_OPT_IN] = before
