"""What is known of one WebSocket connection, and how its access line and its span say it."""

import logging
from dataclasses import dataclass, field
from typing import Final, Literal

from opentelemetry.trace import Span, StatusCode

from telemetry._secrets import redact
from telemetry.catalog import Attribute, Event
from telemetry.http._routes import UNMATCHED
from telemetry.logs import get_logger

#: Who ended it: client, server, nobody (the connection was lost) or a failing app; or it was never accepted.
Outcome = Literal["client", "server", "lost", "failed", "rejected"]
Direction = Literal["received", "sent"]

SWITCHING_PROTOCOLS: Final = 101
_INTERNAL_ERROR: Final = 1011
_SERVER_ERROR: Final = 500

_log = get_logger("plainview.access")


@dataclass(slots=True)
class Record:
    """Facts of one connection, filled in as it goes on.

    Attributes:
        method: of the handshake: GET, or CONNECT in HTTP/2.
        ids: of its trace and span, in hex.
        status: of the handshake's answer; 0 until there is one.
        close_code: None until it is closed, or when it was never accepted.
        error: what the app failed with.
    """

    method: str
    path: str
    request_id: str
    ids: tuple[str, str] | None
    route: str = UNMATCHED
    status: int = 0
    outcome: Outcome | None = None
    close_code: int | None = None
    error: Exception | None = None
    messages: dict[Direction, int] = field(default_factory=lambda: {"received": 0, "sent": 0})
    bytes: dict[Direction, int] = field(default_factory=lambda: {"received": 0, "sent": 0})

    @property
    def faulty(self) -> bool:
        """Whether the service is to blame for how it ended."""
        return self.outcome == "failed" or self.close_code == _INTERNAL_ERROR or self.status >= _SERVER_ERROR

    def write_line(self, seconds: float) -> None:
        """Write the access line."""
        ids = dict(zip(("trace_id", "span_id"), self.ids, strict=True)) if self.ids else {}
        _log.log(
            logging.ERROR if self.faulty else logging.INFO,
            Event.WEBSOCKET_CONNECTION,
            **ids,
            route=self.route,
            path=self.path,
            status=self.status,
            outcome=self.outcome,
            close_code=self.close_code,
            duration_seconds=round(seconds, 6),
            **{f"messages_{direction}": count for direction, count in self.messages.items()},
            **{f"bytes_{direction}": size for direction, size in self.bytes.items()},
        )

    def complete(self, span: Span) -> None:
        """Say on the span how the connection ended; of the text of an error, what is no secret."""
        attributes: dict[str, str | int] = {
            "http.request.method": self.method,
            Attribute.REQUEST_ID: self.request_id,
            Attribute.WEBSOCKET_OUTCOME: self.outcome or "lost",
            Attribute.WEBSOCKET_MESSAGES_RECEIVED: self.messages["received"],
            Attribute.WEBSOCKET_MESSAGES_SENT: self.messages["sent"],
            Attribute.WEBSOCKET_BYTES_RECEIVED: self.bytes["received"],
            Attribute.WEBSOCKET_BYTES_SENT: self.bytes["sent"],
        }
        if self.status:
            attributes["http.response.status_code"] = self.status
        if self.close_code is not None:
            attributes[Attribute.WEBSOCKET_CLOSE_CODE] = self.close_code
        if self.route != UNMATCHED:
            attributes["http.route"] = self.route
        if self.error is not None:
            attributes["error.type"] = type(self.error).__qualname__
            span.set_status(StatusCode.ERROR, redact(f"{type(self.error).__name__}: {self.error}"))
        elif self.faulty:
            attributes["error.type"] = str(self.close_code or self.status)
            span.set_status(StatusCode.ERROR)
        span.set_attributes(attributes)
        span.update_name(self.method if self.route == UNMATCHED else f"{self.method} {self.route}")
