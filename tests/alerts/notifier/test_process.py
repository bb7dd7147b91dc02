from __future__ import annotations

import json
import signal
import socket
import threading

import pytest

from tests.alerts.notifier import processes
from tests.alerts.notifier.bodies import alert, group
from tests.alerts.notifier.receivers import free_port, hook_on


@pytest.mark.slow
def test_killed_between_accept_and_delivery_it_delivers_after_the_restart(database):
    port, target = free_port(), free_port()
    urls = {"PLAINVIEW_NOTIFY_URLS": f"json://127.0.0.1:{target}/hook"}
    with processes.running(database, port, **urls) as process:
        assert processes.post(port, group(alert())).status_code == 200
        process.kill()
        process.wait(10)
    with hook_on(target) as hook, processes.running(database, port, **urls):
        (body,) = hook.wait()
        assert body["title"] == "[FIRING] ApiErrorRateHigh: 12.5% of requests fail"


@pytest.mark.slow
def test_killed_in_the_middle_of_a_delivery_it_delivers_again(database):
    """At least once: whether the cut-off request was read, nobody can know."""
    port = free_port()
    with hook_on() as hook:
        hook.hold = threading.Event()
        with processes.running(database, port, PLAINVIEW_NOTIFY_URLS=hook.url) as process:
            processes.post(port, group(alert()))
            hook.attempts.wait()
            process.kill()
            process.wait(10)
        hook.hold.set()
        with processes.running(database, port, PLAINVIEW_NOTIFY_URLS=hook.url):
            hook.attempts.wait(2)
            hook.wait()


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.slow
def test_stop_is_clean_and_quick_though_a_target_hangs(database, signum):
    port = free_port()
    with hook_on() as hook:
        hook.hold = threading.Event()
        with processes.running(database, port, PLAINVIEW_NOTIFY_URLS=hook.url) as process:
            processes.post(port, group(alert()))
            hook.attempts.wait()
            process.send_signal(signum)
            output, _ = process.communicate(timeout=15)
            assert process.returncode == 0, output
            assert "Traceback" not in output


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"PLAINVIEW_NOTIFY_URLS": "slakc://s3cretT0ken/b/c"}, "PLAINVIEW_NOTIFY_URLS: entry 1 (slakc://…)"),
        ({"PLAINVIEW_NOTIFIER_HOST": "0.0.0.0"}, "PLAINVIEW_NOTIFIER_TOKEN"),  # noqa: S104
        ({"PLAINVIEW_ALERT_ERROR_RATIO": "5"}, "PLAINVIEW_ALERT_ERROR_RATIO"),
        ({"PLAINVIEW_NOTIFIER_DATABASE": "/proc/notifier.db"}, "cannot open the outbox /proc/notifier.db"),
    ],
    ids=["wrong target", "open without a token", "wrong threshold", "outbox not writable"],
)
def test_what_stops_the_start_is_one_clear_line(database, variables, reason):
    process = processes.start(processes.environment(database, free_port(), **variables))
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 2, output
    assert reason in output
    assert "Traceback" not in output
    assert "s3cretT0ken" not in output


@pytest.mark.slow
def test_taken_port_is_named_and_nothing_is_sent_twice(database):
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        process = processes.start(processes.environment(database, port))
        output, _ = process.communicate(timeout=30)
    assert process.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}" in output


@pytest.mark.slow
def test_log_is_json_and_holds_no_secret_even_at_debug(database):
    port = free_port()
    secret = "s3cretT0kenOfTheTarget"
    url = f"json://user:{secret}@127.0.0.1:{free_port()}/{secret}?+Key={secret}"
    with processes.running(database, port, PLAINVIEW_NOTIFY_URLS=url, PLAINVIEW_LOG_LEVEL="DEBUG") as process:
        processes.post(port, group(alert()))
        lines = []
        for line in process.stdout:  # ends the wait at the event itself
            lines.append(json.loads(line))
            if lines[-1]["event"] == "notification.failed":
                break
        process.terminate()
        rest, _ = process.communicate(timeout=15)
    assert secret not in json.dumps(lines) + rest
    assert lines[-1]["alert"] == "ApiErrorRateHigh"
