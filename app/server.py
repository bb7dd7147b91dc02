"""The API as a process."""

from __future__ import annotations

import socket
import sys
from contextlib import closing

import uvicorn

from app.application import create_app
from app.database.engine import open_database
from app.database.schema import check_schema
from app.settings import Settings
from telemetry import TelemetrySettings, start


def serve(settings: Settings, telemetry_settings: TelemetrySettings) -> int:
    """Answer requests until SIGTERM or SIGINT; return the exit status."""
    with open_database(settings.database, pool_size=1) as database:
        database.read(check_schema)
    with closing(_listen(settings.host, settings.port)) as listener, start(telemetry_settings) as telemetry:
        server = uvicorn.Server(
            uvicorn.Config(
                create_app(settings, telemetry),
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="on",
                timeout_graceful_shutdown=max(1, round(settings.shutdown_grace.total_seconds())),
            )
        )
        server.run(sockets=[listener])
        return 0 if server.started else 1


def _listen(host: str, port: int) -> socket.socket:
    """Return a bound socket, or end the process with what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        sys.stderr.write(
            f"The API cannot listen on {host}:{port}: {error.strerror}. "
            "Stop what uses the port, or set PLAINVIEW_PORT to a free one.\n"
        )
        raise SystemExit(1) from error
    return listener
