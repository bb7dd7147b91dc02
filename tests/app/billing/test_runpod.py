"""RunPod's billing API as documented, and everything else it may answer."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from pydantic import SecretStr

from app.billing.opening import provider_of
from app.billing.provider import BillUnreadable, Charge
from app.billing.runpod import RunPod
from app.settings import Settings
from telemetry.process_settings import SettingsInvalid
from tests.app.billing.runpod import KEY, RunPodServer, running

SINCE = datetime(2026, 11, 1, tzinfo=UTC)
UNTIL = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
NINE = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[RunPodServer]:
    with running() as server:
        yield server


async def test_first_generation_adds_pods_and_serverless(server: RunPodServer) -> None:
    server.bodies = {
        "/billing/pods": [{"amount": 0.1, "time": "2026-11-22T09:00:00Z", "podId": "p", "timeBilledMs": 3_600_000}],
        "/billing/endpoints": [{"amount": 1.25, "time": "2026-11-22 09:00:00", "endpointId": "e"}, {"podId": "idle"}],
    }
    charges = await RunPod(SecretStr(KEY), address=server.url).charges(SINCE, UNTIL)
    assert list(charges) == [Charge(NINE, Decimal("0.1")), Charge(NINE, Decimal("1.25"))]
    asked = {"startTime": "2026-11-01T00:00:00Z", "endTime": "2026-11-22T12:30:00Z", "bucketSize": "hour"}
    assert sorted(server.asked) == [("/billing/endpoints", asked), ("/billing/pods", asked)]


async def test_second_generation_reads_records_and_its_own_serverless(server: RunPodServer) -> None:
    record = {"startTime": "2026-11-22T09:00:00Z", "endTime": "2026-11-22T10:00:00Z", "totalAmount": 2.5}
    server.bodies = {
        "/billing/pods": {"records": [record], "metadata": {"recordCount": 1}},
        "/billing/serverless": {"records": [record | {"totalAmount": "0.30", "gpuAmount": 0.3}]},
    }
    charges = await RunPod(SecretStr(KEY), generation="v2", address=server.url).charges(SINCE, UNTIL)
    assert [charge.usd for charge in charges] == [Decimal("2.5"), Decimal("0.30")]
    assert {path for path, _ in server.asked} == {"/billing/pods", "/billing/serverless"}


@pytest.mark.parametrize(
    ("generation", "resource", "path", "parameter"),
    [
        ("v1", "pod:abc", "/billing/pods", ("podId", "abc")),
        ("v1", "endpoint:xyz", "/billing/endpoints", ("endpointId", "xyz")),
        ("v2", "endpoint:xyz", "/billing/serverless", ("serverlessId", "xyz")),
    ],
)
async def test_one_resource_is_asked_for_alone(
    server: RunPodServer, generation: str, resource: str, path: str, parameter: tuple[str, str]
) -> None:
    server.bodies = {path: [] if generation == "v1" else {"records": []}}
    provider = RunPod(SecretStr(KEY), generation=generation, address=server.url, resource=resource)
    assert list(await provider.charges(SINCE, UNTIL)) == []
    ((asked, parameters),) = server.asked
    assert (asked, parameters[parameter[0]]) == (path, parameter[1])


@pytest.mark.parametrize(
    ("status", "headers", "body", "reason", "retry"),
    [
        (401, {}, b"", "key_refused", None),
        (403, {}, b"", "key_refused", None),
        (429, {"retry-after": "120"}, b"", "rate_limited", timedelta(minutes=2)),
        (429, {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, b"", "rate_limited", None),
        (500, {}, b"oops", "provider_error", None),
        (302, {"location": "http://127.0.0.1:1/"}, b"", "provider_error", None),
        (200, {}, b"<html>", "answer_not_understood", None),
        (200, {}, b"{}", "answer_not_understood", None),
        (200, {}, b"[3]", "answer_not_understood", None),
        (200, {}, b'[{"amount": "much", "time": "2026-11-22T09:00:00Z"}]', "answer_not_understood", None),
        (200, {}, b'[{"amount": NaN, "time": "2026-11-22T09:00:00Z"}]', "answer_not_understood", None),
        (200, {}, b'[{"amount": true, "time": "2026-11-22T09:00:00Z"}]', "answer_not_understood", None),
        (200, {}, b'[{"amount": 1}]', "answer_not_understood", None),
        (200, {}, b'[{"amount": 1, "time": 17}]', "answer_not_understood", None),
        (200, {}, b" " * (16 * 1024 * 1024 + 1), "answer_not_understood", None),
    ],
    ids=str,
)
async def test_no_other_answer_becomes_an_amount(
    server: RunPodServer, status: int, headers: dict[str, str], body: bytes, reason: str, retry: timedelta | None
) -> None:
    server.status, server.headers = status, headers
    server.bodies = {"/billing/pods": body, "/billing/endpoints": body}
    with pytest.raises(BillUnreadable) as told:
        await RunPod(SecretStr(KEY), address=server.url).charges(SINCE, UNTIL)
    assert (told.value.reason, told.value.retry_after) == (reason, retry)
    assert KEY not in str(told.value)


async def test_nobody_there_is_unreachable() -> None:
    with running() as server:
        address = server.url
    with pytest.raises(BillUnreadable) as told:
        await RunPod(SecretStr(KEY), address=address).charges(SINCE, UNTIL)
    assert told.value.reason == "unreachable"


async def test_key_is_in_no_log_line_and_no_address(server: RunPodServer, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        await RunPod(SecretStr(KEY), address=server.url).charges(SINCE, UNTIL)
    assert server.asked
    assert KEY not in caplog.text
    assert KEY not in str(server.asked)


def test_provider_without_a_key_names_what_to_set() -> None:
    with pytest.raises(SettingsInvalid, match="PLAINVIEW_BILL_PROVIDER='runpod' needs a key"):
        provider_of(Settings(bill_provider="runpod"))
    assert provider_of(Settings()) is None


async def test_answer_without_end_is_not_read_to_its_end(server: RunPodServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.billing.runpod._LARGEST", 100)
    server.bodies = {"/billing/pods": [{"amount": 1, "time": "2026-11-22T09:00:00Z"}] * 3}
    with pytest.raises(BillUnreadable, match="more than 100 bytes"):
        await RunPod(SecretStr(KEY), address=server.url, resource="pod:abc").charges(SINCE, UNTIL)
