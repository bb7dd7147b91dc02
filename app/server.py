"""The API as a process."""

from __future__ import annotations

from app.application import create_app
from app.database.engine import open_database
from app.database.schema import check_schema
from app.settings import Settings
from telemetry import TelemetrySettings, start
from telemetry.catalog import Event
from telemetry.logs import get_logger
from telemetry.serving import bind, serve

_log = get_logger(__name__)


def run_api(settings: Settings, telemetry_settings: TelemetrySettings) -> None:
    """Answer requests until SIGTERM or SIGINT; the last spans are sent by the time it returns."""
    with open_database(settings.database, pool_size=1) as database:
        database.read(check_schema)
    with bind(settings.host, settings.port, "PLAINVIEW_PORT") as listener, start(telemetry_settings) as telemetry:
        app = create_app(settings, telemetry)
        _log.info(Event.API_LISTENING, host=settings.host, port=listener.getsockname()[1])
        serve(app, listener, grace=settings.shutdown_grace)
