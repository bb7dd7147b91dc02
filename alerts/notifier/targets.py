"""Targets: whom to tell, each one Apprise service, known by kind and a short id because its URL holds secrets."""

from __future__ import annotations

import logging
import re
import warnings
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Any, Final

from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType, OverflowMode
from apprise.common import PersistentStoreMode
from apprise.manager_plugins import NotificationManager

from .errors import DeliveryFailed, WrongTarget
from .formats import as_html, as_markdown, as_text
from .message import Message
from .records import Recipient
from .redaction import Redactor

# These hand the body to a program, which has no use for markup.
_PROGRAMS: Final = frozenset({"json", "jsons", "form", "forms", "xml", "xmls"})
_HELP: Final = "Its form is at https://appriseit.com/services/."
_EXAMPLES: Final = "slack://TokenA/TokenB/TokenC, mailtos://user:password@host?to=ops@example.org, json://host/path"


class Target:
    """One configured target; lives as long as the process.

    Attributes:
        recipient: what the outbox, metrics and logs may know of it.
    """

    def __init__(self, url: str, service: Any, recipient: Recipient) -> None:
        self.recipient = recipient
        self._redactor = Redactor(url)
        self._service = service
        self._apprise = Apprise(asset=service.asset)
        self._apprise.add(service)

    def send(self, message: Message) -> None:
        """Deliver `message`, in the caller's thread, within the send time-out.

        Raises:
            DeliveryFailed: the service did not take it; the reason names no secret.
        """
        body, form = self._body(message)
        kind = NotifyType.SUCCESS if message.resolved else NotifyType.FAILURE
        with self._apprise.notify(body, title=message.subject, notify_type=kind, body_format=form) as result:
            # `?optional=yes` makes Apprise call a failure a success, so the attempts are what counts.
            attempts = [service.attempts[-1] for service in result if service.attempts]
            if result and attempts and all(attempts):
                return
            said = "; ".join(entry.message for entry in result.logs())
            status = next((attempt.status.name for attempt in attempts if not attempt), result.status.name)
        raise DeliveryFailed(self._redactor.clean(f"{status.lower()}: {said}" if said else status.lower()))

    def _body(self, message: Message) -> tuple[str, NotifyFormat]:
        formats = self._service._formats()  # noqa: SLF001  # the only place that tells a plugin's formats in order
        if self.recipient.kind in _PROGRAMS:
            return as_text(message), NotifyFormat.TEXT
        if formats[0] == NotifyFormat.HTML:
            return as_html(message), NotifyFormat.HTML
        if NotifyFormat.MARKDOWN in formats:
            return as_markdown(message), NotifyFormat.MARKDOWN
        return as_text(message), NotifyFormat.TEXT


def parse(urls: str, *, send_timeout: timedelta, console: str) -> list[Target]:
    """Return the targets in `urls`, Apprise URLs separated by whitespace or comma and whitespace.

    Raises:
        WrongTarget: names the entry by its position and kind, and what is allowed.
    """
    asset = AppriseAsset(
        app_id="Plainview",
        app_desc="Plainview alerts",
        app_url=console,
        secure_logging=True,
        storage_mode=PersistentStoreMode.MEMORY,
        service_timeout=send_timeout.total_seconds(),
    )
    entries = [entry for part in urls.split() if (entry := part.strip(","))]
    services = [(url, _service(url, position, asset)) for position, url in enumerate(entries, start=1)]
    return [
        Target(url, service, recipient)
        for (url, service), recipient in zip(services, _recipients(services), strict=True)
    ]


def quiet_libraries() -> None:
    """Keep URLs out of the log: Apprise writes them on errors, urllib3 its request paths at DEBUG."""
    apprise = logging.getLogger("apprise")
    apprise.setLevel(logging.WARNING)
    apprise.propagate = False
    logging.getLogger("urllib3").setLevel(logging.INFO)


def _service(url: str, position: int, asset: AppriseAsset) -> Any:
    kind = _kind(url)
    if kind is None:
        raise WrongTarget(position, "…", f"has no kind. Allowed are Apprise URLs such as {_EXAMPLES}.")
    masked = f"{kind}://…"
    if kind not in _kinds():
        raise WrongTarget(position, masked, f"is of a kind that Apprise does not know. Allowed are e.g. {_EXAMPLES}.")
    try:
        service = Apprise.instantiate(url, asset=asset, suppress_exceptions=False)
    except Exception as error:  # noqa: BLE001  # each plugin raises what it likes
        raise WrongTarget(position, masked, f"cannot be used: {Redactor(url).clean(str(error))}. {_HELP}") from None
    if service is None:
        raise WrongTarget(position, masked, f"misses a part that a {kind} URL needs. {_HELP}")
    if "overflow=" not in url:
        # Apprise's default leaves a long message to the service, and most refuse it whole.
        service.overflow_mode = OverflowMode.TRUNCATE
    return service


@cache
def _kinds() -> frozenset[str]:
    """Return every kind of target that Apprise knows."""
    manager = NotificationManager()  # type: ignore[no-untyped-call]
    with warnings.catch_warnings():
        # Apprise imports imghdr for signed mail, which Python 3.11 and 3.12 warn about.
        warnings.simplefilter("ignore", DeprecationWarning)
        return frozenset(manager.schemas())  # type: ignore[no-untyped-call]


def _kind(url: str) -> str | None:
    found = re.match(r"([a-z][a-z0-9+.-]*)://", url, re.IGNORECASE)
    return found[1].lower() if found else None


def _recipients(services: list[tuple[str, Any]]) -> Iterator[Recipient]:
    """Yield an id per service; Apprise's own id leaves recipients out, so equal ones are counted on."""
    seen: Counter[str] = Counter()
    for url, service in services:
        kind = _kind(url) or ""
        name = f"{kind}-{service.url_id() or 'target'}"
        seen[name] += 1
        yield Recipient(name if seen[name] == 1 else f"{name}-{seen[name]}", kind)
