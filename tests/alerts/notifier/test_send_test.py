from __future__ import annotations

import re
from io import StringIO

from pydantic import SecretStr

from alerts.notifier import send_test
from alerts.notifier.settings import NotifierSettings
from tests.alerts.notifier.receivers import free_port


def send(*urls: str) -> tuple[int, str]:
    out = StringIO()
    return send_test.run(NotifierSettings(notify_urls=SecretStr(" ".join(urls))), out), out.getvalue()


def test_each_target_gets_a_message_and_a_line(hook, mailbox):
    code, said = send(hook.url, mailbox.url)
    assert code == 0
    assert hook.wait()[0]["title"] == "[FIRING] PlainviewTest: this is a test, nothing is wrong"
    assert mailbox.wait()
    assert said.count("delivered in") == 2


def test_target_that_fails_is_named_and_fails_the_command(hook):
    code, said = send(hook.url, f"jsons://127.0.0.1:{free_port()}/s3cretPath")
    assert code == 1
    assert re.search(r"^jsons \([0-9a-f]{8}\): failed", said, re.MULTILINE)
    assert "s3cretPath" not in said
    hook.wait()


def test_no_target_says_how_to_set_one():
    code, said = send()
    assert code == 2
    assert "PLAINVIEW_NOTIFY_URLS" in said


def test_wrong_target_is_named():
    code, said = send("slakc://a/b/c")
    assert code == 2
    assert "entry 1 (slakc://…)" in said
