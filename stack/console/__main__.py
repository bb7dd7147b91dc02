"""`python -m stack.console`: the console and, with PLAINVIEW_TRACESTORE=on, the trace store."""

from __future__ import annotations

import logging
import socket
import sqlite3
import sys
from contextlib import ExitStack
from datetime import timedelta

from starlette.types import ASGIApp

from stack.console.app import create_app, guarded
from stack.console.settings import ConsoleSettings
from stack.native.tracestore import open_store, otlp_app, query_app
from stack.native.tracestore.metrics import TraceStoreCollector
from telemetry import Telemetry, TelemetrySettings, catalog, start
from telemetry.logs import get_logger
from telemetry.process_settings import SettingsInvalid
from telemetry.serving import Clients, StartFailed, bind, serve_all

_GRACE = timedelta(seconds=5)

# Spans are neither sampled nor sent: the receiver of this process's own spans would be this process.
_NO_SPANS = {"otlp_endpoint": None, "sample_ratio": 0.0, "gpu": "off", "outbound": ()}


def main() -> int:
    """Serve until SIGTERM or SIGINT; return the exit status."""
    try:
        settings = ConsoleSettings.read()
        telemetry_settings = TelemetrySettings.read(service_name="plainview-console")
    except SettingsInvalid as error:
        return _failed(str(error))
    with ExitStack() as stack:
        telemetry = stack.enter_context(start(telemetry_settings.model_copy(update=_NO_SPANS)))
        try:
            served = _served(settings, telemetry, stack)
        except (OSError, sqlite3.Error) as error:
            return _failed(str(error))
        # httpx says each request, with its query, at INFO; the access line has what matters.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        ports = [listener.getsockname()[1] for _, listener in served]
        get_logger("console").info(catalog.Event.CONSOLE_LISTENING, host=settings.console_host, ports=ports)
        try:
            serve_all(served, grace=_GRACE, clients=Clients(proxies=settings.trusted_proxies))
        except StartFailed as error:
            return _failed(str(error), status=1)
    return 0


def _served(settings: ConsoleSettings, telemetry: Telemetry, stack: ExitStack) -> list[tuple[ASGIApp, socket.socket]]:
    """Return what is served where. Ports come first: a taken one mostly means that the store is in use too."""
    console = stack.enter_context(bind(settings.console_host, settings.console_port, "PLAINVIEW_CONSOLE_PORT"))
    if settings.tracestore == "off":
        return [(create_app(settings, telemetry), console)]
    host = settings.tracestore_host
    otlp = stack.enter_context(bind(host, settings.tracestore_otlp_port, "PLAINVIEW_TRACESTORE_OTLP_PORT"))
    query = stack.enter_context(bind(host, settings.tracestore_query_port, "PLAINVIEW_TRACESTORE_QUERY_PORT"))
    store = stack.enter_context(open_store(settings.store_path, settings.store_limits))
    telemetry.register(TraceStoreCollector(store))
    return [
        (create_app(settings, telemetry, store), console),
        (guarded(otlp_app(store), settings), otlp),
        (guarded(query_app(store), settings), query),
    ]


def _failed(message: str, *, status: int = 2) -> int:
    sys.stderr.write(f"console: {message}\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
