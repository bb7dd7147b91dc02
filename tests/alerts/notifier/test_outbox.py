from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest

from alerts.notifier.alertmanager import Group
from alerts.notifier.errors import OutboxUnavailable
from alerts.notifier.news import REMINDER_AFTER
from alerts.notifier.outbox import open_outbox
from alerts.notifier.records import Recipient
from tests.alerts.notifier.bodies import alert, group

NOW = 1_800_000_000.0
MAIL, CHAT = Recipient("mailto-1", "mailto"), Recipient("slack-2", "slack")
FIRING, RESOLVED = Group.model_validate(group(alert())), Group.model_validate(group(alert(status="resolved")))


@pytest.fixture
def outbox(database):
    with open_outbox(database) as opened:
        yield opened


def test_each_target_gets_its_own_delivery(outbox):
    outbox.accept(FIRING, [MAIL, CHAT], NOW)
    assert outbox.pending() == 2
    assert outbox.next_delivery(MAIL.id).notification.alerts[0].name == "ApiErrorRateHigh"
    assert outbox.next_delivery(CHAT.id).notification.alerts[0].name == "ApiErrorRateHigh"


def test_the_same_alert_again_is_a_retry_and_stores_nothing(outbox):
    assert len(outbox.accept(FIRING, [MAIL], NOW)) == 1
    assert outbox.accept(FIRING, [MAIL], NOW + 60) == []
    assert outbox.pending() == 1


def test_group_with_one_new_alert_tells_only_the_new_one(outbox):
    outbox.accept(FIRING, [MAIL], NOW)
    grown = Group.model_validate(group(alert(), alert("Second", fingerprint="f" * 16)))
    (stored,) = outbox.accept(grown, [MAIL], NOW + 60)
    assert [one.name for one in stored.alerts] == ["Second"]


def test_alert_that_fires_anew_is_told_again(outbox):
    outbox.accept(FIRING, [MAIL], NOW)
    again = Group.model_validate(group(alert(startsAt="2026-11-21T11:00:00Z")))
    assert len(outbox.accept(again, [MAIL], NOW + 60)) == 1


def test_alert_that_goes_on_after_a_premature_end_is_told_again(outbox):
    """Alertmanager ends what Prometheus did not repeat for some minutes, and then sends it on with its first start."""
    assert [len(outbox.accept(body, [MAIL], NOW)) for body in (FIRING, RESOLVED, FIRING, FIRING)] == [1, 1, 1, 0]
    assert outbox.recent(1)[0]["title"].startswith("[FIRING]")


def test_end_is_told_once_however_often_it_is_sent(outbox):
    outbox.accept(FIRING, [MAIL], NOW)
    later = NOW + 2 * REMINDER_AFTER.total_seconds()
    assert [len(outbox.accept(RESOLVED, [MAIL], at)) for at in (NOW + 60, NOW + 120, later)] == [1, 0, 0]


def test_repeat_after_hours_is_a_reminder(outbox):
    outbox.accept(FIRING, [MAIL], NOW)
    (stored,) = outbox.accept(FIRING, [MAIL], NOW + REMINDER_AFTER.total_seconds())
    assert stored.reminder


def test_resolved_waits_until_firing_was_delivered(outbox):
    """A target that failed for a minute must not read "resolved" first."""
    outbox.accept(FIRING, [MAIL], NOW)
    outbox.accept(RESOLVED, [MAIL], NOW + 1)
    first = outbox.next_delivery(MAIL.id)
    outbox.postpone(first, NOW + 1000, "away")
    assert outbox.next_delivery(MAIL.id).id == first.id
    outbox.finish(first, "delivered", None, NOW + 2)
    assert outbox.next_delivery(MAIL.id).notification.status == "resolved"


def test_other_groups_do_not_wait_for_one_that_fails(outbox):
    outbox.accept(FIRING, [MAIL], NOW)
    outbox.postpone(outbox.next_delivery(MAIL.id), NOW + 1000, "away")
    outbox.accept(Group.model_validate(group(alert("Other"), key="other")), [MAIL], NOW + 1)
    assert outbox.next_delivery(MAIL.id).notification.group_key == "other"


def test_what_is_stored_survives_a_new_process(database):
    with open_outbox(database) as before:
        before.accept(FIRING, [MAIL], NOW)
    with open_outbox(database) as after:
        assert after.next_delivery(MAIL.id).notification.received_at == NOW


def test_mended_target_takes_over_what_the_wrong_one_could_not_deliver(outbox):
    outbox.accept(FIRING, [MAIL, CHAT], NOW)
    outbox.finish(outbox.next_delivery(CHAT.id), "delivered", None, NOW)
    mended = Recipient("mailto-9", "mailto")
    assert outbox.adopt([mended, CHAT], NOW + 5) == 1
    assert outbox.next_delivery(mended.id).notification.alerts[0].name == "ApiErrorRateHigh"
    assert outbox.next_delivery(CHAT.id) is None
    assert outbox.pending() == 1


def test_nothing_is_given_up_while_no_target_is_configured(outbox):
    outbox.accept(FIRING, [MAIL], NOW)
    assert outbox.adopt([], NOW) == 0
    assert outbox.pending() == 1


def test_start_makes_postponed_deliveries_due(outbox):
    outbox.accept(FIRING, [MAIL], NOW)
    outbox.postpone(outbox.next_delivery(MAIL.id), NOW + 1000, "away")
    outbox.adopt([MAIL], NOW + 10)
    assert outbox.next_delivery(MAIL.id).due_at == NOW + 10


def test_history_is_forgotten_after_a_month_but_never_what_is_pending(outbox):
    outbox.accept(FIRING, [MAIL], NOW)
    month = timedelta(days=31).total_seconds()
    outbox.prune(NOW + month)
    assert len(outbox.recent(10)) == 1
    outbox.finish(outbox.next_delivery(MAIL.id), "delivered", None, NOW)
    outbox.prune(NOW + month)
    assert outbox.recent(10) == []


def test_notification_without_targets_shows_in_the_history(outbox):
    outbox.accept(FIRING, [], NOW)
    (row,) = outbox.recent(10)
    assert row["title"].startswith("[FIRING] ApiErrorRateHigh")
    assert row["state"] is None


def test_file_is_for_its_owner_only_and_written_through(database, outbox):
    assert database.stat().st_mode & 0o077 == 0
    with sqlite3.connect(database) as sql:
        assert sql.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    sql.close()


def test_file_that_is_no_database_is_an_error_with_its_path(database):
    database.write_bytes(b"not a database" * 100)
    with pytest.raises(OutboxUnavailable, match=str(database)), open_outbox(database):
        pass
