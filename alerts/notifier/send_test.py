"""`plainview alerts send-test`: sends a test message to each target and says how each took it."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TextIO

from telemetry.process_settings import SettingsInvalid

from .alertmanager import Alert
from .backoff import DeliveryPolicy
from .errors import DeliveryFailed, NotifierError
from .message import Message, compose
from .records import Notification
from .settings import NotifierSettings
from .targets import Target, parse, quiet_libraries


def run(settings: NotifierSettings | None = None, out: TextIO | None = None) -> int:
    """Send a test message to each configured target, all at once; write a line per target to `out`.

    Returns:
        0 when every target took it, 1 when one did not, 2 when none is configured or a setting is wrong.
    """
    out = out or sys.stdout
    try:
        settings = settings or NotifierSettings.read()
        quiet_libraries()
        policy = DeliveryPolicy()
        urls = settings.notify_urls.get_secret_value()
        targets = parse(urls, send_timeout=policy.send_timeout, console=settings.console)
    except (NotifierError, SettingsInvalid) as error:
        print(error, file=out)
        return 2
    if not targets:
        print(
            "No targets configured: set PLAINVIEW_NOTIFY_URLS to Apprise URLs, for example slack://... or mailtos://...",
            file=out,
        )
        return 2
    message = compose(_test_notification(), settings.console)
    with ThreadPoolExecutor(len(targets)) as pool:
        outcomes = list(pool.map(lambda target: _send(target, message), targets))
    for target, (_, line) in zip(targets, outcomes, strict=True):
        print(f"{target.recipient.name}: {line}", file=out)
    return 0 if all(delivered for delivered, _ in outcomes) else 1


def _send(target: Target, message: Message) -> tuple[bool, str]:
    began = time.monotonic()
    try:
        target.send(message)
    except DeliveryFailed as error:
        return False, f"failed: {error}"
    return True, f"delivered in {time.monotonic() - began:.1f} s"


def _test_notification() -> Notification:
    now = datetime.now(UTC)
    alert = Alert(
        status="firing",
        labels={"alertname": "PlainviewTest", "severity": "none"},
        annotations={
            "summary": "this is a test, nothing is wrong",
            "description": "Sent by `plainview alerts send-test` to show that alerts reach you here.",
            "first_action": "none; enjoy the quiet.",
            "runbook_url": "/alerts",
        },
        starts_at=now,
    )
    return Notification("plainview/test", "firing", (alert,), now.timestamp())


if __name__ == "__main__":
    sys.exit(run())
