"""`python -m alerts.notifier` runs the notifier until it is told to stop."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from typing import Final

from alerts import thresholds
from telemetry import TelemetrySettings, catalog, start
from telemetry.logs import get_logger
from telemetry.process_settings import SettingsInvalid
from telemetry.serving import Clients, PortTaken, StartFailed, bind, serve

from .app import create_app
from .errors import NotifierError
from .outbox import open_outbox
from .settings import NotifierSettings

_GRACE: Final = timedelta(seconds=3)


def main() -> int:
    """Serve until SIGTERM or SIGINT; return the process's exit code, 2 for a setting that stops the start."""
    try:
        settings = NotifierSettings.read()
        with (
            # The addresses of webhooks hold their secrets, which have no place in a trace.
            start(TelemetrySettings.read(service_name="plainview-notifier", outbound=())) as telemetry,
            # Before anything is delivered, so that a second notifier sends nothing twice.
            bind(settings.notifier_host, settings.notifier_port, "PLAINVIEW_NOTIFIER_PORT") as listener,
        ):
            with open_outbox(settings.database):
                """An outbox that cannot be opened stops the start with its reason, not with a traceback."""
            app = create_app(settings, telemetry, thresholds=thresholds.load(os.environ))
            if settings.notifier_token is None:
                get_logger(__name__).warning(catalog.Event.NOTIFICATION_OPEN, host=settings.notifier_host)
            get_logger(__name__).info(
                catalog.Event.NOTIFIER_LISTENING, host=settings.notifier_host, port=listener.getsockname()[1]
            )
            serve(app, listener, grace=_GRACE, clients=Clients())
    except (NotifierError, PortTaken, SettingsInvalid, thresholds.ThresholdInvalid) as error:
        print(f"notifier: {error}", file=sys.stderr)  # noqa: T201  # logging is not set up when settings are wrong
        return 2
    except StartFailed as error:
        print(f"notifier: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
