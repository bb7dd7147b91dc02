"""`python -m alerts.notifier` runs the notifier until it is told to stop."""

from __future__ import annotations

import os
import signal
import socket
import sys
from types import FrameType
from typing import NoReturn

import uvicorn

from alerts import thresholds
from telemetry import TelemetrySettings, catalog, start
from telemetry.logs import get_logger
from telemetry.process_settings import SettingsInvalid

from .app import create_app
from .errors import NotifierError, PortTaken
from .outbox import open_outbox
from .settings import NotifierSettings


def main() -> int:
    """Serve until SIGTERM or SIGINT; return the process's exit code, 2 for a setting that stops the start."""
    try:
        settings = NotifierSettings.read()
        with (
            start(TelemetrySettings.read(service_name="plainview-notifier")) as telemetry,
            _listen(settings) as listener,
        ):
            with open_outbox(settings.database):
                """An outbox that cannot be opened stops the start with its reason, not with a traceback."""
            app = create_app(settings, telemetry, thresholds=thresholds.load(os.environ))
            if settings.notifier_token is None:
                get_logger(__name__).warning(catalog.Event.NOTIFICATION_OPEN, host=settings.notifier_host)
            config = uvicorn.Config(
                app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=3
            )
            # uvicorn raises the signal again once it has stopped; the default action would skip the flush.
            signal.signal(signal.SIGTERM, _leave)
            uvicorn.Server(config).run(sockets=[listener])
    except (NotifierError, SettingsInvalid, thresholds.ThresholdInvalid) as error:
        print(f"notifier: {error}", file=sys.stderr)  # noqa: T201  # logging is not set up when settings are wrong
        return 2
    except KeyboardInterrupt:
        return 0
    return 0


def _listen(settings: NotifierSettings) -> socket.socket:
    """Take the address before anything is delivered, so that a second notifier sends nothing twice."""
    host, port = settings.notifier_host, settings.notifier_port
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise PortTaken(host, port, error.strerror or str(error)) from error


def _leave(signum: int, frame: FrameType | None) -> NoReturn:
    del signum, frame
    sys.exit(0)


if __name__ == "__main__":
    sys.exit(main())
