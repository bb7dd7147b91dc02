"""The libraries and how each is switched on and off."""

from collections.abc import Callable
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from telemetry._stable_names import stable_names
from telemetry.outbound._executor import carry_context, leave_context
from telemetry.outbound._meters import OutboundMeters
from telemetry.outbound._provider import OutboundProvider


class Library(NamedTuple):
    """`on` says whether it did anything: what an app's author has instrumented is left alone, and not undone."""

    module: str
    on: Callable[[], bool]
    off: Callable[[], None]


def _contrib(library: str, instrumentor: str, *, within: bool) -> Library:
    """Return a library that one of OpenTelemetry's instrumentations knows.

    Args:
        library: the module that is instrumented, and the name of the instrumentation.
        instrumentor: the instrumentation's class.
        within: makes spans within a trace only: polls of a database in the background are no traces.
    """

    def instrumentation() -> Any:
        return getattr(import_module(f"opentelemetry.instrumentation.{library}"), instrumentor)()

    def on() -> bool:
        if instrumentation().is_instrumented_by_opentelemetry:
            return False
        with stable_names():
            instrumentation().instrument(
                tracer_provider=OutboundProvider(within=within), meter_provider=OutboundMeters()
            )
        return bool(instrumentation().is_instrumented_by_opentelemetry)

    def off() -> None:
        if instrumentation().is_instrumented_by_opentelemetry:
            instrumentation().uninstrument()

    return Library(library, on, off)


def _sqlalchemy_on() -> bool:
    from telemetry.outbound._sqlalchemy import listen  # noqa: PLC0415 - loaded where SQLAlchemy is

    return listen()


def _sqlalchemy_off() -> None:
    from telemetry.outbound._sqlalchemy import stop_listening  # noqa: PLC0415

    stop_listening()


#: By the name that the setting `outbound` knows them by.
LIBRARIES: Final = MappingProxyType(
    {
        "httpx": _contrib("httpx", "HTTPXClientInstrumentor", within=False),
        "requests": _contrib("requests", "RequestsInstrumentor", within=False),
        "redis": _contrib("redis", "RedisInstrumentor", within=True),
        "sqlalchemy": Library("sqlalchemy", _sqlalchemy_on, _sqlalchemy_off),
        "threads": Library("concurrent.futures", carry_context, leave_context),
    }
)
