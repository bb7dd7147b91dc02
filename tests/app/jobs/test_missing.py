"""Results that are gone though their time is not over: noticed by whoever looks first, and undone when they come back."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.jobs import rows
from app.jobs.files import JobFiles
from app.jobs.missing import Inventory
from app.jobs.runner import Runner
from app.jobs.sweeper import Sweeper
from app.services import Services
from app.settings import Settings
from telemetry import Telemetry

TTL = timedelta(hours=6)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"cache_scope": "customer"})


@pytest.fixture
async def made(submit: Any, runner: Runner) -> str:
    """A job whose video is there."""
    job_id: str = (await submit())["job_id"]
    await asyncio.to_thread(runner, job_id)
    return job_id


async def result_url(client: httpx.AsyncClient, acme: dict[str, str], job_id: str) -> str | None:
    found: str | None = (await client.get(f"/status/{job_id}", headers=acme)).json()["result_url"]
    return found


async def sweep(services: Services) -> None:
    await Sweeper(services.database, services.queue, services.files, TTL).run()


async def test_sweep_notices_that_a_result_is_away_and_that_it_is_back(
    client: httpx.AsyncClient,
    acme: dict[str, str],
    services: Services,
    made: str,
    files: JobFiles,
    telemetry: Telemetry,
) -> None:
    result, aside = files.result(f"{made}-1.mp4"), files.data / "aside"
    await sweep(services)
    assert await result_url(client, acme, made)
    result.rename(aside)
    for _ in range(2):
        await sweep(services)
        assert await result_url(client, acme, made) is None
        assert telemetry.registry.get_sample_value("job_results_missing_total") == 1
    aside.rename(result)
    await sweep(services)
    assert await result_url(client, acme, made)


async def test_repeat_is_made_anew_where_the_first_result_is_away(
    services: Services, made: str, submit: Any, files: JobFiles
) -> None:
    assert (await submit())["status"] == "succeeded"
    files.result(f"{made}-1.mp4").unlink()
    await sweep(services)
    assert (await submit())["status"] == "queued"


async def test_download_that_finds_nothing_tells_status(
    client: httpx.AsyncClient, acme: dict[str, str], made: str, files: JobFiles, telemetry: Telemetry
) -> None:
    before = (await client.get(f"/status/{made}", headers=acme)).headers["ETag"]
    files.result(f"{made}-1.mp4").unlink()
    gone = await client.get(f"/result/{made}", headers=acme)
    assert (gone.status_code, gone.json()["code"]) == (410, "result_expired")
    after = await client.get(f"/status/{made}", headers=acme | {"If-None-Match": before})
    assert (after.status_code, after.json()["result_url"]) == (200, None)
    assert telemetry.registry.get_sample_value("job_results_missing_total") == 1


async def test_result_whose_time_is_over_is_not_missed(
    services: Services, made: str, files: JobFiles, telemetry: Telemetry
) -> None:
    """Between the removal of a file and the word about it in the row somebody may look."""
    files.result(f"{made}-1.mp4").unlink()
    assert await services.database.write(rows.mark_missing, [f"{made}-1.mp4"], timedelta(0)) == []
    assert await Inventory(services.database, services.files, timedelta(0)).look() == 0
    assert telemetry.registry.get_sample_value("job_results_missing_total") == 0


async def test_few_are_looked_at_each_time_and_all_in_the_end(
    services: Services, submit: Any, runner: Runner, files: JobFiles
) -> None:
    for number in range(5):
        job_id = (await submit(f"number {number}"))["job_id"]
        await asyncio.to_thread(runner, job_id)
    for result in files.results.iterdir():
        result.unlink()
    inventory = Inventory(services.database, services.files, TTL, at_a_look=2)
    assert [await inventory.look() for _ in range(4)] == [2, 2, 1, 0]
