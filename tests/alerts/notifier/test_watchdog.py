from __future__ import annotations

import time

from tests.alerts.notifier.bodies import alert, group


def test_arrival_is_recorded_and_nobody_is_told(notifier, hook):
    running = notifier(hook.url)
    assert running.value("notification_watchdog_timestamp_seconds") == 0
    running.post(group(alert("Watchdog")))
    assert abs(running.value("notification_watchdog_timestamp_seconds") - time.time()) < 5
    assert running.deliveries() == []


def test_silence_is_told_once_and_so_is_the_return(notifier, hook):
    running = notifier(hook.url, notifier_watchdog_seconds=0.3)
    (blind,) = hook.wait(1)
    assert blind["title"].startswith("[FIRING] MonitoringBlind: Monitoring is blind")
    assert "First action: run `./plainview status`" in blind["message"]
    running.post(group(alert("Watchdog")))
    back = hook.wait(2)[1]
    assert back["title"] == "[RESOLVED] MonitoringBlind: Monitoring sees again: the watchdog alert arrives"


def test_resolved_watchdog_is_no_sign_of_life(notifier, hook):
    running = notifier(hook.url, notifier_watchdog_seconds=0.5)
    running.post(group(alert("Watchdog", status="resolved")))
    assert hook.wait(1)[0]["title"].startswith("[FIRING] MonitoringBlind")


def test_restart_while_blind_does_not_tell_again_and_the_return_is_told(notifier, hook, mailbox):
    notifier(hook.url, notifier_watchdog_seconds=0.3)
    hook.wait(1)
    second = notifier(hook.url, mailbox.url, notifier_watchdog_seconds=0.3)
    second.post(group(alert("Watchdog")))
    assert mailbox.wait()[0]["Subject"].startswith("[RESOLVED] MonitoringBlind")
    # A slow machine may be blind again by now.
    assert [body["type"] for body in hook.wait(2)[:2]] == ["failure", "success"]
