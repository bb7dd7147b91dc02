"""/metrics with a token: who has it gets in, who has not is told how and counted."""

import httpx
import pytest

from telemetry import TelemetrySettings
from telemetry.process_settings import SettingsInvalid

TOKEN = "sixteen-letters-or-more"
PASSES = [f"Bearer {TOKEN}", f"bearer {TOKEN}", f"Bearer  {TOKEN} "]
FAILS = {"": "missing", "Basic c2VjcmV0": "missing", "Bearer ": "missing", "Bearer wrong": "wrong", TOKEN: "missing"}


@pytest.fixture
def settings() -> TelemetrySettings:
    return TelemetrySettings(service_name="shop", metrics_token=TOKEN)


@pytest.mark.parametrize("authorization", PASSES)
async def test_who_has_the_token_reads_the_series(client, authorization):
    answer = await client.get("/metrics", headers={"authorization": authorization})
    assert answer.status_code == 200
    assert "telemetry_scrapes_refused_total" in answer.text


@pytest.mark.parametrize("authorization", FAILS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_who_has_not_is_refused_and_counted(client, registry, lines, authorization, method):
    answer = await client.request(method, "/metrics", headers={"authorization": authorization})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="metrics"'
    assert "telemetry" not in answer.text
    labels = {"reason": FAILS[authorization]}
    assert registry.get_sample_value("telemetry_scrapes_refused_total", labels) == 1
    assert TOKEN not in str(lines())


def test_a_worker_asks_for_it_too_and_lets_probes_in(telemetry):
    with (
        telemetry.serve_metrics("127.0.0.1", 0, ready=lambda: True) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        assert client.get("/metrics").status_code == 401
        assert client.get("/metrics", headers={"authorization": "Bearer wrong"}).status_code == 401
        assert client.get("/metrics", headers={"authorization": PASSES[0]}).status_code == 200
        assert client.get("/health/ready").status_code == 200


def test_the_token_comes_from_a_file(monkeypatch, tmp_path):
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    monkeypatch.setenv("PLAINVIEW_METRICS_TOKEN_FILE", str(tmp_path / "token"))
    token = TelemetrySettings.read().metrics_token
    assert token is not None
    assert token.get_secret_value() == TOKEN


@pytest.mark.parametrize("wrong", ["short", "sixteen letters but blanks", "sechzehn-zeichen-ü"])
def test_a_token_that_cannot_be_sent_is_refused_without_showing_it(monkeypatch, wrong):
    monkeypatch.setenv("PLAINVIEW_METRICS_TOKEN", wrong)
    with pytest.raises(
        SettingsInvalid, match=r"PLAINVIEW_METRICS_TOKEN=\(hidden\) is not allowed: should be 16"
    ) as told:
        TelemetrySettings.read()
    assert wrong not in str(told.value)
