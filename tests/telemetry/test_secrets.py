import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry._secrets import redact
from telemetry.logs import get_logger
from telemetry.logs._render import json_line

KEY = "pv_4f9d2c7a8b1e6035d4c2a1908f7e6b5d"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (f"key {KEY} was used", "key pv_[redacted] was used"),
        (f"Authorization: Bearer {KEY}", "Authorization: Bearer [redacted]"),
        ("authorization: basic dXNlcjpwYXNz", "authorization: basic [redacted]"),
        ("postgresql://app:hunter2@db:5432/x", "postgresql://app:[redacted]@db:5432/x"),
        ("host=db password=hunter2 user=app", "host=db password=[redacted] user=app"),
        ("connect(password='hunter2', user='app')", "connect(password='[redacted]', user='app')"),
        (r"{\"password\": \"hunter2\"}", r"{\"password\": \"[redacted]\"}"),
        ("the password: at least 12 characters", "the password: at least 12 characters"),
        ("the bearer of bad news", "the bearer of bad news"),
        ("pv_1a2b3c", "pv_1a2b3c"),
        ("http://host:8000/path", "http://host:8000/path"),
    ],
)
def test_secrets_are_cut_out_and_the_rest_stays(text, clean):
    assert redact(text) == clean


@given(st.text(), st.text())
def test_a_key_never_survives_whatever_stands_around_it(before, after):
    line = json_line({"event": f"{before}{KEY}{after}", "nested": {"list": [f"{before} Bearer {KEY}"]}})
    assert KEY[3:] not in line
    json.loads(line)


@pytest.mark.parametrize("name", ["password", "api_key", "Authorization", "session_token", "client_secret", "cookie"])
def test_fields_named_like_a_secret_lose_their_value(telemetry, lines, name):
    get_logger("shop").info("x", **{name: "short"}, inner={name: "short"}, token_count=3)
    (line,) = lines()
    assert (line[name], line["inner"][name], line["token_count"]) == ("[redacted]", "[redacted]", 3)


def test_exception_text_and_foreign_arguments_are_redacted(telemetry, lines):
    try:
        int(f"unknown key {KEY}")
    except ValueError:
        logging.getLogger("lib").exception("bad key %s", KEY, extra={"header": f"Bearer {KEY}"})
    assert KEY[3:] not in json.dumps(lines())
