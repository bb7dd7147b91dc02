"""One process that serves an app with telemetry around it."""

import socket
from datetime import timedelta
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from telemetry._process import start
from telemetry._secrets import redact
from telemetry.apps._errors import AppUnusable
from telemetry.apps._load import load
from telemetry.apps._spec import Spec
from telemetry.catalog import Event
from telemetry.gpu import open_gpus
from telemetry.http._observed import observed
from telemetry.logs import get_logger
from telemetry.serving import StartFailed, serve
from telemetry.settings import TelemetrySettings

# Less than who stops this process waits before killing it.
_GRACE: Final = timedelta(seconds=25)

_log = get_logger(__name__)


def serve_app(spec: Spec, listener: socket.socket, settings: TelemetrySettings) -> None:
    """Import the app and answer requests until SIGTERM or SIGINT; the last spans are sent by the time it returns.

    Raises:
        AppUnusable: it cannot be imported, is no app, or its lifespan fails.
    """
    with start(settings) as ours:
        app, telemetry = observed(load(spec), ours)
        lifespan = _Lifespan(app)

        def started() -> None:
            telemetry.logs.adopt()  # the lifespan may have configured logging
            host, port = listener.getsockname()[:2]
            _log.info(Event.APP_LISTENING, app=str(spec), host=host, port=port)

        with open_gpus(settings, telemetry):
            try:
                serve(lifespan, listener, grace=_GRACE, websockets=True, started=started)
            except StartFailed as error:
                raise lifespan.unusable(spec) from error


class _Lifespan:
    """Keeps what the app says when its lifespan fails, which else is one long log line."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._said = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return

        async def listening(message: Message) -> None:
            if message["type"] == "lifespan.startup.failed":
                self._said = message.get("message", "")
                message = {**message, "message": ""}
            await send(message)

        await self._app(scope, receive, listening)

    def unusable(self, spec: Spec) -> AppUnusable:
        """Return the error that says why the app did not start."""
        said = f":\n\n{redact(self._said).rstrip()}\n" if self._said else "; its log has the reason."
        return AppUnusable(f"The lifespan of {spec} failed{said}", "correct it, then start again")
