from __future__ import annotations

import json
import sqlite3
from datetime import datetime

import pytest

from tests.alerts.notifier.bodies import alert, group
from tests.alerts.notifier.conftest import TOKEN
from tests.alerts.notifier.receivers import free_port


def test_stored_group_is_answered_and_counted(notifier):
    running = notifier()
    answer = running.post(group(alert()))
    assert (answer.status_code, answer.json()) == (200, {"stored": 1})
    assert running.value("notification_received_total", status="firing") == 1
    assert running.post(group(alert())).json() == {"stored": 0}
    assert running.value("notification_received_total", status="firing") == 1


@pytest.mark.parametrize("token", [None, "wrong", "a-token-for-test"])
def test_missing_or_wrong_token_is_refused(notifier, token):
    answer = notifier().post(group(alert()), token=token)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_history_needs_the_token(notifier):
    assert notifier().client.get("/deliveries").status_code == 401


@pytest.mark.parametrize("body", ["", [], {"alerts": []}, {**group(alert()), "alerts": [{"status": "odd"}]}])
def test_malformed_body_is_refused_for_good(notifier, body):
    answer = notifier().post(body)
    assert answer.status_code == 400
    assert answer.json()["title"] == "Malformed body"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("POST", "/alertmanager", 415, "media_type_unsupported"),
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/alertmanager", 405, "method_not_allowed"),
        ("GET", "/deliveries?limit=0", 422, "invalid_query"),
    ],
)
def test_every_error_is_a_problem_of_one_shape(notifier, method, path, status, code):
    answer = notifier().client.request(method, path, headers={"Authorization": f"Bearer {TOKEN}"})
    body = answer.json()
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert list(body) == ["type", "title", "status", "detail", "code", "request_id", "timestamp"]
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code)
    assert body["request_id"] == answer.headers["X-Request-ID"]
    assert datetime.fromisoformat(body["timestamp"]).tzinfo is not None


def test_outbox_that_cannot_store_is_a_server_error_so_that_alertmanager_retries(notifier, database):
    running = notifier()
    with sqlite3.connect(database) as sql:
        sql.execute("ALTER TABLE last_told RENAME TO gone")
    sql.close()
    answer = running.post(group(alert()))
    assert answer.status_code == 503
    assert answer.json()["code"] == "outbox_unavailable"
    assert "last_told" in answer.json()["detail"]
    with sqlite3.connect(database) as sql:
        sql.execute("ALTER TABLE gone RENAME TO last_told")
    sql.close()
    assert running.post(group(alert())).json() == {"stored": 1}


def test_without_targets_everything_is_kept_and_said(notifier):
    running = notifier()
    running.post(group(alert()))
    ready = running.client.get("/health/ready")
    assert ready.status_code == 200
    assert ready.json()["detail"].startswith("no targets configured")
    (row,) = running.deliveries()
    assert (row["state"], row["subject"]) == ("no targets", "[FIRING] ApiErrorRateHigh: 12.5% of requests fail")
    assert running.value("notification_targets") == 0


def test_probes_and_thresholds(notifier):
    running = notifier(f"json://127.0.0.1:{free_port()}/a")
    assert running.client.get("/health/live").json() == {"status": "live"}
    assert running.value("notification_targets") == 1
    assert running.value("alert_threshold", alert="ApiErrorRateHigh") == 0.05
    assert 'alert_threshold{alert="ApiErrorRateHigh"} 0.05' in running.client.get("/metrics").text


def test_page_of_another_site_cannot_post_to_a_notifier_without_a_token(notifier):
    client = notifier(notifier_token=None).client
    # A page may send text to wherever it likes, and have a name of its own point here.
    as_text = client.post("/alertmanager", content=json.dumps(group(alert())), headers={"Content-Type": "text/plain"})
    assert as_text.status_code == 415
    by_name = client.post("/alertmanager", json=group(alert()), headers={"Host": "evil.example"})
    assert (by_name.status_code, by_name.json()["code"]) == (421, "host_unknown")
    assert client.get("/health/ready", headers={"Host": "notifier:9095"}).status_code == 200
    assert client.post("/alertmanager", json=group(alert())).status_code == 200


def test_every_answer_has_the_headers_of_all_answers(notifier):
    client = notifier().client
    for path in ("/health/live", "/metrics", "/nowhere", "/deliveries"):
        assert client.get(path).headers["x-content-type-options"] == "nosniff"
