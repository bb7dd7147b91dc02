"""A link opens one result, for a while, to whoever has it; nothing else, and it shows up nowhere."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import generate_latest

from app.jobs.runner import Runner
from app.keys.store import create_key
from app.links.signing import Signer, own_secret, signer_of
from app.services import Services
from app.settings import Settings
from tests.app.conftest import bearer

JOB = "0" * 32


@pytest.fixture
async def job(submit: Any, runner_of: Callable[[str], Runner]) -> str:
    """A job that succeeded."""
    job_id: str = (await submit())["job_id"]
    await asyncio.to_thread(runner_of("w1"), job_id)
    return job_id


async def link_of(client: httpx.AsyncClient, headers: dict[str, str], job_id: str, seconds: int = 3600) -> str:
    answer = await client.post(f"/jobs/{job_id}/link", params={"seconds": seconds}, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    url: str = answer.json()["url"]
    return url


async def test_link_gives_the_video_and_its_parts_without_a_key(
    client: httpx.AsyncClient, acme: dict[str, str], job: str
) -> None:
    url = await link_of(client, acme, job)
    with_key = await client.get(f"/result/{job}", headers=acme)
    whole, part = await client.get(url), await client.get(url, headers={"Range": "bytes=2-5"})
    head = await client.head(url)
    assert (whole.status_code, whole.content) == (200, with_key.content)
    assert (part.status_code, part.content) == (206, with_key.content[2:6])
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(whole.content)))


async def test_link_that_was_changed_or_has_ended_opens_nothing(
    client: httpx.AsyncClient, acme: dict[str, str], job: str, submit: Any, services: Services
) -> None:
    url = await link_of(client, acme, job)
    other = (await submit())["job_id"]
    query = dict(parse_qsl(urlsplit(url).query))
    later = {**query, "expires": str(int(query["expires"]) + 1)}
    forged = {**query, "signature": query["signature"][::-1]}
    past = {"expires": "1000000000", "signature": services.signer.sign(job, 1_000_000_000)}
    tries = [(other, query), (job, later), (job, forged), (job, past), (job, {**query, "signature": "ä"})]
    answers = [await client.get(f"/links/{job_id}", params=params) for job_id, params in tries]
    assert {(each.status_code, each.json()["code"]) for each in answers} == {(403, "link_invalid")}
    assert "ended at 2001-09-09" in answers[3].json()["detail"]
    assert (await client.delete(url)).status_code == 405


async def test_only_who_may_see_the_job_makes_a_link_and_only_to_a_result(
    client: httpx.AsyncClient, acme: dict[str, str], job: str, submit: Any, settings: Settings
) -> None:
    other = bearer((await asyncio.to_thread(create_key, settings, "globex"))[1].text)
    waiting = (await submit())["job_id"]
    answers = [
        await client.post(f"/jobs/{job}/link"),
        await client.post(f"/jobs/{job}/link", headers=other),
        await client.post(f"/jobs/{waiting}/link", headers=acme),
        await client.post(f"/jobs/{job}/link", params={"seconds": 59}, headers=acme),
    ]
    assert [each.status_code for each in answers] == [401, 404, 409, 422]


async def test_signature_is_in_no_log_span_or_series(
    client: httpx.AsyncClient,
    acme: dict[str, str],
    job: str,
    services: Services,
    spans: InMemorySpanExporter,
    capfd: pytest.CaptureFixture[str],
) -> None:
    url = await link_of(client, acme, job)
    signature = dict(parse_qsl(urlsplit(url).query))["signature"]
    assert (await client.get(url)).status_code == 200
    assert (await client.get(url, params={"expires": 1, "signature": signature})).status_code == 403
    told = "".join(json.dumps(dict(span.attributes or {})) + span.name for span in spans.get_finished_spans())
    out, err = capfd.readouterr()
    assert f"/links/{job}" in out
    assert signature not in told + out + err + generate_latest(services.telemetry.registry).decode()


def test_secret_that_was_replaced_is_still_known_until_it_is_taken_away() -> None:
    old, both, new = Signer([b"old"]), Signer([b"new", b"old"]), Signer([b"new"])
    signature = old.sign(JOB, 1)
    assert [each.holds(JOB, 1, signature) for each in (old, both, new)] == [True, True, False]
    assert new.holds(JOB, 1, both.sign(JOB, 1))


@pytest.mark.parametrize("size", [0, 31])
def test_secret_that_is_damaged_signs_nothing(tmp_path: Path, size: int) -> None:
    """As a power failure may leave it: with an empty one everybody could sign."""
    (tmp_path / "link_secret").write_bytes(bytes(size))
    with pytest.raises(RuntimeError, match="link_secret is damaged"):
        own_secret(tmp_path)


def test_processes_of_one_folder_make_one_secret_that_others_cannot_read(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(own_secret, [tmp_path] * 16))
    assert len(made) == 1
    assert len(made.pop()) == 32
    assert [path.name for path in tmp_path.iterdir()] == ["link_secret"]
    assert stat.S_IMODE((tmp_path / "link_secret").stat().st_mode) == 0o600


def test_secrets_that_are_set_are_used(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, link_secret="n" * 32, link_secret_old="o" * 32)
    assert signer_of(settings).holds(JOB, 1, Signer([b"o" * 32]).sign(JOB, 1))
    assert not (tmp_path / "data").exists()
    with pytest.raises(ValueError, match="at least 32"):
        Settings(link_secret="short")
