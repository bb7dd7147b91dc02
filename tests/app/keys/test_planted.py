"""A key that was sent to wrong places is in nothing that leaves the service, and is not taken there."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry
from pydantic import HttpUrl

from app.application import create_app
from app.keys.secret import Secret
from app.keys.store import create_key, list_keys
from app.settings import Settings
from telemetry import TelemetrySettings, start
from tests.app.conftest import bearer, client_of
from tests.telemetry.sink import Sink

Form = dict[str, tuple[str | None, bytes]]


@pytest.fixture
def planted(settings: Settings) -> Secret:
    """A good key of an administrator, so that nothing stops at the door."""
    return create_key(settings, "boss", role="admin")[1]


def wrong_places(key: str) -> list[dict[str, Any]]:
    """Return requests with the key where it does not belong; most carry it in the right place, too."""
    good = bearer(key)
    return [
        {"url": "/jobs", "params": {"api_key": key}},
        {"url": "/jobs", "params": {"token": key}},
        {"url": "/jobs", "headers": {"X-API-Key": key}},
        {"url": "/jobs", "headers": {"Authorization": key}},
        {"url": "/jobs", "headers": {"Authorization": f"Basic {key}"}},
        {"url": "/jobs", "headers": {"Authorization": f"Bearer {key}x"}},
        {"url": "/jobs", "headers": {"Authorization": f"Bearer {key}, Bearer {key}"}},
        {"url": "/jobs", "headers": {"Cookie": f"key={key}"}},
        {"url": "/jobs", "headers": {"Host": key}},
        {"url": f"/{key}", "headers": good},
        {"url": "/jobs", "headers": good, "params": {"cursor": key}},
        {"url": "/jobs", "headers": good, "params": {"status": key}},
        {"url": f"/status/{key}", "headers": good},
        {"url": f"/keys/{key}", "headers": good},
        {"url": "/keys", "headers": good, "params": {"customer": key}},
        {"method": "POST", "url": f"/keys/{key}/rotate", "headers": good},
        {"method": "POST", "url": "/keys", "headers": good, "json": {"customer": "acme", "tier": key}},
        {"method": "POST", "url": "/keys", "headers": good, "json": {"customer": "acme", "rate_limit": key}},
        {"method": "POST", "url": "/keys", "headers": good, "json": {"customer": "acme", key: 1}},
        {"method": "DELETE", "url": "/keys/none", "headers": good, "params": {"reason": key}},
        {"url": "/jobs", "headers": good | {"X-Request-ID": key, "User-Agent": key, "Referer": f"http://x/{key}"}},
        {"url": "/jobs", "headers": good | {"tracestate": f"vendor={key}", "baggage": f"key={key}"}},
        {"url": "/jobs", "headers": good | {"Idempotency-Key": key, "If-None-Match": f'"{key}"'}},
        {"url": "/metrics", "headers": good, "params": {"token": key}},
    ]


async def test_key_is_in_no_line_span_metric_or_answer(
    settings: Settings, planted: Secret, form: Form, capfd: pytest.CaptureFixture[str]
) -> None:
    core = planted.text[-43:]
    with Sink() as sink:
        exporting = TelemetrySettings(gpu="off", service_name="test", otlp_endpoint=HttpUrl(sink.url))
        with start(exporting, registry=CollectorRegistry()) as telemetry:
            async with client_of(create_app(settings, telemetry)) as client:
                answers = [await client.request(**{"method": "GET"} | each) for each in wrong_places(planted.text)]
                answers.append(await client.post("/generate", files=form, headers=bearer(planted.text)))
                metrics = (await client.get("/metrics")).text
    for answer in answers:
        assert answer.status_code < 500, answer.text
        assert core not in answer.text, answer.request.url.path
        assert core not in str(answer.headers.raw), answer.request.url.path
    assert len(sink.spans) > 20
    assert [span.name for span in sink.spans if core in str(span)] == []
    assert core not in metrics
    out, err = capfd.readouterr()
    assert out.count('"event":"http.request"') > 20
    assert core not in out + err


async def test_key_in_the_wrong_place_is_not_taken_and_the_right_one_is_named(
    client: httpx.AsyncClient, planted: Secret
) -> None:
    for request in wrong_places(planted.text)[:3]:
        answer = await client.request("GET", **request)
        assert (answer.status_code, answer.json()["code"]) == (401, "key_missing")
        assert "Authorization: Bearer" in answer.json()["detail"]
        assert ("rotate" in answer.json()["detail"]) == ("params" in request)


@pytest.mark.parametrize("scheme", [b"Bearer ", b"bearer ", b"", b"Bearer"])
async def test_header_of_any_bytes_is_refused_and_breaks_nothing(client: httpx.AsyncClient, scheme: bytes) -> None:
    texts = [b"", b" ", b"\xff\xfe", "pv_schlüssel".encode(), b"\xe2\x80\x8b" * 20, b"pv_" + b"a" * 52, b"x" * 60_000]
    texts += [
        b"pv_aaaaaaaa_" + b"%00" * 14,
        b"\t\t",
        b"=?utf-8?q?pv?=",
        b'"pv_quoted"',
        b"pv_a;pv_b",
        b"' OR 1=1 --" * 4,
    ]
    for text in texts:
        answer = await client.get("/jobs", headers=[(b"Authorization", scheme + text)])
        assert answer.status_code == (401 if len(text) < 1000 else 431), text[:20]
        assert answer.json()["code"] in {"key_missing", "key_malformed", "key_unknown", "headers_too_large"}


async def test_two_keys_in_one_request_are_refused(client: httpx.AsyncClient, settings: Settings) -> None:
    keys = [(await asyncio.to_thread(create_key, settings, customer))[1].text for customer in ("acme", "zeta")]
    headers = [("Authorization", f"Bearer {key}") for key in keys]
    answer = await client.get("/jobs", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "key_malformed")


async def test_key_travels_with_the_request_by_its_id(
    client: httpx.AsyncClient,
    settings: Settings,
    form: Form,
    spans: InMemorySpanExporter,
    capfd: pytest.CaptureFixture[str],
) -> None:
    key, secret = await asyncio.to_thread(create_key, settings, "acme", tier="premium")
    assert (await client.post("/generate", files=form, headers=bearer(secret.text))).status_code == 202
    facts = {"customer": "acme", "key_id": key.id, "tier": "premium", "role": "customer"}
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines() if line.startswith("{")]
    for event in ("http.request", "job.accepted"):
        (line,) = (line for line in lines if line["event"] == event)
        assert line.items() >= facts.items()
    (span,) = (span for span in spans.get_finished_spans() if span.name == "POST /generate")
    assert span.attributes is not None
    expected = {
        "plainview.customer": "acme",
        "plainview.key.id": key.id,
        "plainview.tier": "premium",
        "plainview.role": "customer",
    }
    assert dict(span.attributes).items() >= expected.items()


async def test_who_did_what_to_a_key_is_in_the_log(
    client: httpx.AsyncClient, admin: dict[str, str], settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    made = (await client.post("/keys", headers=admin, json={"customer": "acme"})).json()
    await client.patch(f"/keys/{made['id']}", headers=admin, json={"tier": "premium", "rate_limit": "10/hour"})
    new = (await client.post(f"/keys/{made['id']}/rotate", headers=admin)).json()
    for _ in range(2):
        await client.delete(f"/keys/{new['id']}", headers=admin)
    boss = next(key for key in list_keys(settings) if key.customer == "boss")
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines() if '"event":"key.' in line]
    assert [line["event"] for line in lines] == ["key.created", "key.changed", "key.rotated", "key.revoked"]
    assert {(line["by"], line["by_customer"], line["key_customer"]) for line in lines} == {(boss.label, "boss", "acme")}
    assert lines[1]["changes"] == {"tier": "standard -> premium", "rate_limit": "None -> 10/hour"}
    assert [line["key"] for line in lines] == [made["prefix"]] * 3 + [new["prefix"]]
