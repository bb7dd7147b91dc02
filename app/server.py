"""The API as a process."""

from __future__ import annotations

import socket
import sys
from typing import Final

from app.application import create_app
from app.database.engine import open_database
from app.database.schema import check_schema
from app.settings import Settings
from telemetry import TelemetrySettings, start
from telemetry.apps import die_with_parent
from telemetry.catalog import Event
from telemetry.logs import get_logger
from telemetry.serving import Clients, bind, serve

_log = get_logger(__name__)
_OPEN_DOOR: Final = """
  ***************************************************************************
  *  AUTHENTICATION IS OFF: everybody who reaches this port is              *
  *  administrator. For development only; unset PLAINVIEW_AUTH_REQUIRED.    *
  ***************************************************************************

"""


def run_api(settings: Settings, telemetry_settings: TelemetrySettings, *, fd: int | None = None) -> None:
    """Answer requests until SIGTERM or SIGINT; the last spans are sent by the time it returns.

    Args:
        settings: of the service.
        telemetry_settings: of its telemetry.
        fd: the listening socket where the parent has one for several processes; else it is made here.
    """
    if fd is not None:
        die_with_parent()
    with open_database(settings.database, pool_size=1) as database:
        database.read(check_schema)
    if not settings.auth_required:
        sys.stderr.write(_OPEN_DOOR)
    with _listener(settings, fd) as listener, start(telemetry_settings) as telemetry:
        app = create_app(settings, telemetry)
        _log.info(Event.API_LISTENING, host=settings.host, port=listener.getsockname()[1])
        serve(
            app,
            listener,
            grace=settings.shutdown_grace,
            drain=settings.drain,
            clients=Clients(
                settings.max_connections, settings.slow_client, settings.trusted_proxies, errors="/docs/errors"
            ),
            told_to_stop=app.state.stopping.tell,
            stopping=app.state.stopping.begin,
        )


def _listener(settings: Settings, fd: int | None) -> socket.socket:
    if fd is not None:
        return socket.socket(fileno=fd)
    return bind(settings.host, settings.port, "PLAINVIEW_PORT")
