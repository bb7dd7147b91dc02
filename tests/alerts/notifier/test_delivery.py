from __future__ import annotations

import re
import threading
import time
from datetime import timedelta

from alerts.notifier.backoff import DeliveryPolicy
from tests.alerts.notifier.bodies import alert, group
from tests.alerts.notifier.receivers import free_port


def target(running):
    """The id of the only target."""
    (only,) = running.client.get("/health/ready").json()["targets"]
    return only


def until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)  # a counter has no event to wait for


def test_mail_and_webhook_both_arrive_and_are_counted(notifier, mailbox, hook):
    running = notifier(mailbox.url, hook.url)
    running.post(group(alert()))
    (mail,), (body,) = mailbox.wait(), hook.wait()
    assert mail["Subject"] == body["title"] == "[FIRING] ApiErrorRateHigh: 12.5% of requests fail"
    assert body["type"] == "failure"
    assert "http://127.0.0.1:8080/runbooks/ApiErrorRateHigh" in body["message"]
    plain, html = mail.get_body(["plain"]), mail.get_body(["html"])
    assert "Since: 2026-11-21 10:00:00 UTC" in plain.get_content()
    assert 'href="http://127.0.0.1:8080/runbooks/ApiErrorRateHigh"' in html.get_content()


def test_resolved_follows_with_how_long_it_lasted(notifier, hook):
    running = notifier(hook.url)
    running.post(group(alert()))
    running.post(group(alert(status="resolved")))
    _, resolved = hook.wait(2)
    assert resolved["title"].startswith("[RESOLVED] ApiErrorRateHigh")
    assert resolved["type"] == "success"
    assert "lasted 7 min 30 s" in resolved["message"]


def test_target_that_fails_is_tried_again_until_it_takes_the_message(notifier, hook):
    hook.answers = [503, 500, 429]
    running = notifier(hook.url)
    running.post(group(alert()))
    hook.wait()
    assert hook.attempts.items == [503, 500, 429, 200]
    assert running.value("notification_deliveries_total", target=target(running), outcome="failed") == 3


def test_dead_target_holds_nobody_else_up(notifier, hook):
    running = notifier(f"jsons://127.0.0.1:{free_port()}/dead", hook.url)
    running.post(group(alert()))
    hook.wait()
    states = {row["kind"]: row["state"] for row in running.deliveries()}
    assert states["jsons"] == "pending"


def test_two_targets_of_a_kind_are_counted_apart(notifier, hook):
    """Else the healthy one hides that the other is dead."""
    running = notifier(hook.url, f"json://127.0.0.1:{free_port()}/dead")
    running.post(group(alert()))
    hook.wait()
    hook.attempts.wait()
    alive, dead = running.client.get("/health/ready").json()["targets"]
    until(lambda: running.value("notification_deliveries_total", target=dead, outcome="failed"))
    assert running.value("notification_deliveries_total", target=dead, outcome="delivered") == 0
    assert running.value("notification_deliveries_total", target=alive, outcome="failed") == 0


def test_target_has_a_name_that_people_can_read(notifier, hook):
    running = notifier(hook.url)
    running.post(group(alert()))
    (row,) = running.deliveries()
    assert re.fullmatch(r"json \([0-9a-f]{8}\)", row["name"])
    assert row["name"] == f"json ({row['target'].removeprefix('json-')})"


def test_hung_target_holds_nobody_else_up(notifier, hook, mailbox):
    hook.hold = threading.Event()
    running = notifier(hook.url, mailbox.url)
    running.post(group(alert()))
    mailbox.wait()
    hook.attempts.wait()
    assert hook.items == []
    hook.hold.set()
    hook.wait()


def test_message_is_given_up_only_after_its_time_and_visibly(notifier, hook):
    hook.answers = [500] * 1000
    running = notifier(
        hook.url,
        policy=DeliveryPolicy(first_pause=timedelta(milliseconds=50), give_up_after=timedelta(milliseconds=300)),
    )
    running.post(group(alert()))
    last = group(alert("Other", fingerprint="f" * 16), key="other")
    while running.value("notification_deliveries_total", target=target(running), outcome="abandoned") != 1:
        seen = len(hook.attempts.items)
        hook.attempts.wait(seen + 1) if running.deliveries()[0]["state"] == "pending" else None
    (row,) = running.deliveries()
    assert row["state"] == "abandoned"
    assert row["attempts"] >= 2
    hook.answers = []
    running.post(last)
    assert hook.wait()[0]["title"].startswith("[FIRING] Other")


def test_dead_target_is_tried_by_one_delivery_at_a_time_and_all_follow_once_it_is_back(notifier, hook):
    """Ten pending deliveries to a dead target are no ten tries each time."""
    hook.answers = [503] * 8
    running = notifier(hook.url)
    for number in range(10):
        running.post(group(alert(f"Alert{number}", fingerprint=str(number)), key=str(number)))
    only = target(running)
    until(lambda: running.client.get("/health/ready").json()["failing"] == [only])
    assert running.value("circuit_breaker_state", breaker=only, state="closed") == 0
    hook.wait(10)
    until(lambda: running.client.get("/health/ready").json()["failing"] == [])
    assert running.value("circuit_breaker_state", breaker=only, state="closed") == 1
    assert running.value("circuit_breaker_calls_total", breaker=only, outcome="failed") == 8
    assert len(hook.attempts.items) == 18
