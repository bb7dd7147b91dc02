from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest

from alerts.notifier.alertmanager import Group
from alerts.notifier.errors import DeliveryFailed, WrongTarget
from alerts.notifier.message import compose
from alerts.notifier.records import Notification
from alerts.notifier.redaction import Redactor
from alerts.notifier.targets import parse
from tests.alerts.notifier.bodies import alert, group
from tests.alerts.notifier.receivers import free_port

SECRET = "s3cretT0kenOfTheTarget"
CONSOLE = "http://127.0.0.1:8080"


def targets(urls):
    return parse(urls, send_timeout=timedelta(seconds=2), console=CONSOLE)


@pytest.fixture
def message():
    (one,) = Group.model_validate(group(alert())).alerts
    return compose(Notification("key", "firing", (one,), 0.0), CONSOLE)


def test_entries_are_separated_by_whitespace_and_commas():
    found = targets("json://a.example.org/x, json://b.example.org/y\n json://c.example.org/?+X=1,2")
    assert [target.recipient.kind for target in found] == ["json"] * 3
    assert len({target.recipient.id for target in found}) == 3


def test_two_recipients_at_one_server_are_two_targets():
    """Apprise's own id is the same for both."""
    first, second = targets(
        "mailto://mail.example.org?from=p@example.org&to=a@example.org mailto://mail.example.org?from=p@example.org&to=b@example.org"
    )
    assert first.recipient.id != second.recipient.id


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (f"slakc://{SECRET}/b/c", r"entry 2 \(slakc://…\) is of a kind that Apprise does not know"),
        (f"slack://{SECRET}", r"entry 2 \(slack://…\) cannot be used"),
        (SECRET, r"entry 2 \(…\) has no kind"),
    ],
    ids=["unknown kind", "incomplete", "no kind"],
)
def test_wrong_entry_is_named_by_position_and_kind_and_never_shown(url, reason, caplog):
    with pytest.raises(WrongTarget, match=reason) as caught:
        targets(f"json://ok.example.org/x {url}")
    assert SECRET not in str(caught.value) + caplog.text


@pytest.mark.parametrize(
    "url", ["json://127.0.0.1:{port}/{secret}", "json://user:{secret}@127.0.0.1:{port}/?+Key={secret}"]
)
def test_failure_says_why_without_the_secret(url, message, caplog):
    (target,) = targets(url.format(port=free_port(), secret=SECRET))
    with pytest.raises(DeliveryFailed, match="Connection error") as caught:
        target.send(message)
    assert SECRET not in str(caught.value) + target.recipient.id + caplog.text


def test_reason_is_cleaned_of_every_piece_of_the_url():
    redactor = Redactor(f"slack://{SECRET}/B1234567/%2Bxoxb-12345/#ops")
    said = redactor.clean(f"Failed to send to https://hooks.slack.com/{SECRET}/B1234567/+xoxb-12345: error=404")
    assert SECRET not in said
    assert "B1234567" not in said
    assert "xoxb-12345" not in said
    assert said.endswith("error=404")


def test_optional_target_that_fails_has_failed(message):
    """Apprise itself calls that a success."""
    (target,) = targets(f"json://127.0.0.1:{free_port()}/x?optional=yes")
    with pytest.raises(DeliveryFailed):
        target.send(message)


def test_server_that_never_answers_is_left_after_the_time_out(hook, message):
    hook.hold = threading.Event()
    (target,) = targets(f"{hook.url}?rto=60&cto=60")
    began = time.monotonic()
    with pytest.raises(DeliveryFailed, match="timeout"):
        target.send(message)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("url", "start"),
    [
        ("mailto://mail.example.org?from=p@example.org&to=a@example.org", "<h3"),
        ("slack://xoxb-1234-1234-abc124/#ops", "**ApiErrorRateHigh**"),
        ("discord://123456789012345678/abcdefghijklmnopqrstuvwxyz", "**ApiErrorRateHigh**"),
        ("json://host.example.org/x", "ApiErrorRateHigh\n"),
    ],
    ids=["mail", "slack", "discord", "webhook"],
)
def test_each_kind_gets_the_form_that_it_shows_best(url, start, message):
    (target,) = targets(url)
    body, _ = target._body(message)
    assert body.startswith(start)
