"""Secrets of each kind, planted wherever an app may put them, are in nothing that leaves the process."""

import io
import json
import logging
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI, Request
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.exposition import generate_latest
from sqlalchemy import create_engine, text

from telemetry import Metric, TelemetrySettings, annotate, gpu_work, instrument, start
from telemetry._secrets import adding, redact
from telemetry.logs import get_logger, opened
from telemetry.process_settings import SettingsInvalid

CORE = "Zq7Wm2Kx9Rt4Yb6Nc8Vd1Lf3Gh5"
#: How a secret may stand in a text. The core is what must not be seen.
KINDS = {
    "own key": f"pv_{CORE}",
    "bearer": f"Authorization: Bearer {CORE}",
    "basic, url-encoded": f"basic%20{CORE}",
    "other scheme": f"authorization: ApiKey {CORE}",
    "cookie": f"Cookie: session={CORE}; theme=dark",
    "url": f"amqp://user:{CORE}@host/path",
    "connection string": f"host=db password={CORE} user=app",
    "keyword argument": f"connect(api_key='{CORE}')",
    "json": json.dumps({"client_secret": CORE}),
    "json in json": json.dumps(json.dumps({"access_token": CORE})),
    "query": f"GET /x?page=2&token={CORE}&n=1",
    "jwt": f"eyJhbGciOiJIUzI1NiJ9.{CORE}.{CORE}",
    "aws": f"AKIA{CORE[:16].upper()}",
    "google": f"AIza{CORE}{CORE[:8]}",
    "github": f"ghp_{CORE}{CORE[:9]}",
    "slack": f"xoxb-123456789-{CORE}",
    "slack webhook": f"https://hooks.slack.com/services/T000/B000/{CORE}",
    "telegram": f"https://api.telegram.org/bot123456789:{CORE}ABC/send",
    "stripe": f"sk_live_{CORE}",
    "openai": f"sk-proj-{CORE}",
    "hugging face": f"hf_{CORE}{CORE[:8]}",
    "private key": f"-----BEGIN RSA PRIVATE KEY-----\n{CORE}\n{CORE}\n-----END RSA PRIVATE KEY-----",
}
SECRETS = pytest.mark.parametrize("secret", KINDS.values(), ids=KINDS.keys())


@SECRETS
def test_a_secret_is_found_in_a_text_whatever_stands_around_it(secret):
    for shown in (redact(secret), redact(f"before {secret}"), redact(f"\n{secret}\n")):
        assert CORE not in shown
        assert CORE[:16].upper() not in shown
        assert "[redacted]" in shown


def test_a_password_that_was_cut_off_before_its_host_is_found():
    assert CORE not in redact(f"{'x' * 80} amqp://user:{CORE}")
    assert redact(f"{'x' * 80} http://host:8080") == f"{'x' * 80} http://host:8080"


@pytest.mark.parametrize(
    "text",
    [
        "token= authorization: ApiKey {}",
        "token= token= {}",
        "authorization= authorization: ApiKey {}",
        "authorization: ApiKey token= {}",
        "authorization: cookie: id={}",
        'token="cookie: id={}"',
        "bearer  cookie: id={}",
        "basic password={}",
        "token= Settings(database_password='{}')",
    ],
)
def test_what_names_a_secret_is_not_taken_for_one(text):
    assert CORE not in redact(text.format(CORE))


PIECES = st.lists(
    st.sampled_from([*KINDS.values(), "password", "token=", "://", "bearer ", "cookie: ", ":", "@", " ", '"', "\\"])
    | st.text(),
    max_size=6,
).map(" ".join)


@given(PIECES)
def test_what_is_redacted_stays_as_it_is_when_it_is_redacted_again(text):
    assert redact(redact(text)) == redact(text)


@given(PIECES, PIECES)
def test_a_line_with_secrets_is_one_line_of_valid_json(event, value):
    stream = io.StringIO()
    with opened(TelemetrySettings(), stream):
        get_logger("shop").info(event, value=value, nested={value: [event]})
    (line,) = stream.getvalue().splitlines()
    assert CORE not in line
    json.loads(line)


HITS = Metric("shop_hits_total", "counter", "Hits.", labels=("whose",))


def make_app(telemetry, far_url) -> FastAPI:
    app = FastAPI()
    instrument(app, telemetry)

    @app.get("/plant/{rest:path}")  # noqa: FAST003
    async def plant(request: Request) -> None:
        secret = request.headers["x-planted"].encode("latin-1").decode("unicode_escape")
        annotate(customer=secret, note=secret)
        telemetry.counter(HITS).labels(secret).inc()
        with telemetry.tracer.start_as_current_span(secret) as span:
            span.set_attribute("note", secret)
            span.set_attribute("notes", [secret, secret])
            span.add_event(secret, {"note": secret})
            span.add_link(span.get_span_context(), {"note": secret})
        with gpu_work("render", customer=secret, model=secret):
            pass
        logging.getLogger("a.library").warning("said %s", secret, extra={"given": {"deep": [secret]}})
        get_logger("shop").info("told", note=secret, thing=io.StringIO, error=ValueError(secret))
        with create_engine("sqlite://").connect() as connection:
            connection.execute(text("SELECT '" + secret.replace("'", "''").replace(":", "\\:") + "'"))
        async with httpx.AsyncClient() as client:
            await client.get(f"{far_url}/a", params={"q": secret}, headers={"authorization": f"Bearer {CORE}"})
        raise ValueError(secret)

    return app


async def everything(secret, sink, capsys, far_url, **settings):
    """Plant a secret everywhere and return all that left the process."""
    with start(TelemetrySettings(otlp_endpoint=sink.url, **settings)) as telemetry:
        transport = httpx.ASGITransport(make_app(telemetry, far_url), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
            planted = {"x-planted": secret.encode("unicode_escape"), "x-request-id": f"pv_{CORE}"}
            answer = await client.get(
                f"/plant/{quote(secret.replace(chr(10), ' '), safe='')}", params={"q": secret}, headers=planted
            )
            assert answer.status_code == 500
        metrics = generate_latest(telemetry.registry).decode()
    assert len(sink.spans) == 5, [span.name for span in sink.spans]
    return {"log": capsys.readouterr().out, "spans": "".join(map(str, sink.spans)), "metrics": metrics}


@SECRETS
async def test_a_planted_secret_is_in_no_span_line_or_series(secret, sink, capsys, far):
    for where, said in (await everything(secret, sink, capsys, far.url)).items():
        assert CORE[:16] not in said, where
        assert CORE[:16].upper() not in said, where


async def test_what_the_settings_add_is_cut_out_everywhere_too(sink, capsys, far):
    secret = "customer-number 4711-0815, iban=DE02120300000000202051"
    said = await everything(secret, sink, capsys, far.url, redact_patterns=(r"\d{4}-\d{4}",), redact_fields=("iban",))
    assert all("4711-0815" not in text and "DE0212" not in text for text in said.values())
    assert "customer-number [redacted]" in said["log"]


def test_a_field_that_the_settings_name_is_cut_out_whatever_it_holds(lines):
    with start(TelemetrySettings(redact_fields=("Email", "ssn"))):
        get_logger("shop").info("x", user_email="a@b.c", ssn=123456789, deep={"ssn": [1]}, empty=None)
    (line,) = lines()
    assert (line["user_email"], line["ssn"], line["deep"]) == ("[redacted]", "[redacted]", {"ssn": ["[redacted]"]})


def test_rules_that_were_added_end_with_telemetry():
    with adding(["iban"], ["[0-9]{4}-[0-9]{4}"]):
        assert redact("iban=DE02 1234-5678") == "iban=[redacted] [redacted]"
    assert redact("iban=DE02 1234-5678") == "iban=DE02 1234-5678"


@pytest.mark.parametrize("pattern", ["(", "a*"])
def test_a_pattern_that_would_harm_stops_the_start(monkeypatch, pattern):
    monkeypatch.setenv("PLAINVIEW_REDACT_PATTERNS", f"fine\n{pattern}")
    with pytest.raises(SettingsInvalid, match="PLAINVIEW_REDACT_PATTERNS"):
        TelemetrySettings.read()


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("url.full", f"https://u:p@h:1/a/b?q={CORE}&r#f", "https://h:1/a/b?q=REDACTED&r=REDACTED"),
        ("url.full", f"https://discord.com/api/x/{CORE}/y", "https://discord.com/api/x/[redacted]/y"),
        ("url.full", "https://h/jobs/0b6e0c5e-53f1-4c44-9d5a-90b3f7f8a111", "https://h/jobs/0b6e0c5e-53f1-4c44-9d5a-90b3f7f8a111"),
        ("db.statement", f"SELECT * FROM t WHERE a = '{CORE}'", "SELECT * FROM t WHERE a = ?"),  # noqa: S608
        ("redis.search.query", CORE, "[redacted]"),
        ("db.query.parameter.0", CORE, "[redacted]"),
        ("http.request.header.x_api_key", CORE, "[redacted]"),
        ("user.password", CORE, "[redacted]"),
    ],
)  # fmt: skip
def test_of_some_attributes_only_the_shape_is_told(sink, name, value, shown):
    with start(TelemetrySettings(otlp_endpoint=sink.url)) as telemetry:
        telemetry.tracer.start_span("x", attributes={name: value, f"{name}s": [1]}).end()
        telemetry.tracer.start_span("x", attributes={name: [value], "more": [{"a": 1}]}).end()
    first, second = sink.spans
    assert first.attributes[0].value.string_value == shown
    assert second.attributes[0].value.array_value.values[0].string_value == shown
