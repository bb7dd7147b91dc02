"""Secrets are planted wherever one can be, and looked for wherever one must not be: the whole stack as it runs."""

from __future__ import annotations

import json
import secrets

import httpx
import pytest

from stack.native import processes
from stack.paths import PROJECT

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(180)]

SAMPLES = PROJECT / "app" / "samples"


@pytest.fixture
def planted():
    """A secret of its own for each place, so that what leaks says where from."""
    return {
        place: f"{place}-{secrets.token_hex(16)}"
        for place in ("notify", "runpod", "metrics", "otlp", "header", "query", "body", "cookie", "address", "key")
    }


def test_no_planted_secret_shows_in_arguments_logs_spans_metrics_or_answers(own_stack, planted):
    stack = own_stack(
        PLAINVIEW_NOTIFY_URLS=f"json://user:{planted['notify']}@127.0.0.1:9/hook",
        PLAINVIEW_BILL_PROVIDER="runpod",
        PLAINVIEW_RUNPOD_API_KEY=planted["runpod"],
        PLAINVIEW_RUNPOD_URL="http://127.0.0.1:9",
        PLAINVIEW_METRICS_TOKEN=planted["metrics"],
        OTEL_EXPORTER_OTLP_HEADERS=f"x-token={planted['otlp']}",
        PLAINVIEW_GPU="off",
    )
    answers = provoke(stack, planted)
    stack.command("alerts", "send-test", check=False)
    kept = {path.name: path.read_text().strip() for path in stack.home.secrets.iterdir()}
    wanted = {**planted, **{name: value for name, value in kept.items() if value}}

    seen = {
        "arguments": arguments(stack),
        "logs": "".join(path.read_text() for path in stack.home.logs.glob("*.log")),
        "spans": spans(stack),
        "metrics": metrics(stack, planted["metrics"]),
        "answers": "".join(answers),
        "state": "".join(path.read_text(errors="replace") for path in stack.home.run.rglob("*") if path.is_file()),
        "databases": "".join(path.read_text(errors="replace") for path in stack.home.data.glob("*.db*")),
    }
    assert all(seen.values())
    # What was looked through is what was provoked.
    assert "/quote" in seen["logs"]
    assert "plainview-api" in seen["spans"]
    leaks = [(place, name) for place, text in seen.items() for name, secret in wanted.items() if secret in text]
    assert leaks == []


def provoke(stack, planted):
    """Send secrets in every part of requests that go well, fail and are refused; return the answers."""
    answers = []
    with (
        stack.api() as api,
        (SAMPLES / "portrait.jpg").open("rb") as image,
        (SAMPLES / "speech.wav").open("rb") as audio,
    ):
        job = api.post("/generate", files={"image": image, "audio": audio}, data={"prompt": "A calm greeting"})
        made = api.post("/keys", json={"customer": "acme"})
        answers += [job.text, api.get("/jobs").text, api.get("/keys").text, api.get("/health/deep").text]
    with httpx.Client(base_url=stack.url("api")) as client:
        theirs = {
            "authorization": f"Bearer pv_{planted['key']}",
            "x-api-key": planted["header"],
            "cookie": f"session={planted['cookie']}",
        }
        answers += [
            client.get(f"/jobs?token={planted['query']}&api_key={planted['query']}", headers=theirs).text,
            client.post("/quote", json={"password": planted["body"]}, headers=theirs).text,
            client.get("/jobs", headers={"authorization": f"Basic {planted['key']}"}).text,
            client.get("/health", headers=theirs).text,
        ]
        used = client.get("/jobs", headers={"authorization": f"Bearer {made.json()['key']}"})
        assert used.status_code == 200
        planted["made"] = made.json()["key"]
    with httpx.Client(base_url=stack.url("console")) as console:
        answers.append(console.get(f"/sign-in?token={planted['query']}").text)
    httpx.post(
        f"{stack.url('notifier')}/alertmanager", json={}, headers={"authorization": f"Bearer {planted['header']}"}
    )
    return answers


def arguments(stack):
    """Return the command lines of every process that belongs to the stack."""
    home = f"PLAINVIEW_HOME={stack.home.root}".encode()
    found = []
    for folder in processes.PROC.glob("[0-9]*"):
        try:
            if (
                home in (folder / "environ").read_bytes()
                or str(stack.home.root).encode() in (folder / "cmdline").read_bytes()
            ):
                found.append((folder / "cmdline").read_text())
        except OSError:
            continue
    assert len(found) > 5
    return "\n".join(found)


def spans(stack):
    """Return all traces that are stored, as the console shows them."""
    base = stack.url("query")
    services = httpx.get(f"{base}/api/services").json()["data"]
    return json.dumps(
        [httpx.get(f"{base}/api/traces", params={"service": name, "limit": 500}).json() for name in services]
    )


def metrics(stack, token):
    parts = [
        httpx.get(f"{stack.url(part)}/metrics", headers={"authorization": f"Bearer {token}"})
        for part in ("api", "worker", "notifier", "console")
    ]
    assert [part.status_code for part in parts] == [200] * 4
    shown = httpx.get(f"{stack.url('prometheus')}/api/v1/status/config").text
    return "".join(part.text for part in parts) + shown
