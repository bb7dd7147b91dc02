from __future__ import annotations

import asyncio
import os
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from app.database.engine import Database
from app.database.tables import worker
from app.jobs import rows, workers
from app.jobs.files import JobFiles
from app.jobs.runner import Runner
from app.jobs.sweeper import Sweeper
from app.services import Services
from tests.app.jobs.test_series import FACTS


def sweeper(services: Services, ttl: timedelta) -> Sweeper:
    return Sweeper(services.database, services.queue, services.files, ttl)


def age(path: Path) -> None:
    past = time.time() - 86_400
    os.utime(path, (past, past))


async def test_result_and_upload_are_removed_after_their_time_and_the_job_says_so(
    client: httpx.AsyncClient, acme: dict[str, str], services: Services, submit: Any, runner: Runner, files: JobFiles
) -> None:
    job_id = (await submit())["job_id"]
    await asyncio.to_thread(runner, job_id)
    await sweeper(services, timedelta(hours=6)).run()
    assert (await client.get(f"/result/{job_id}", headers=acme)).status_code == 200
    await sweeper(services, timedelta(0)).run()
    assert list(files.results.iterdir()) == []
    assert list(files.uploads.iterdir()) == []
    gone = await client.get(f"/result/{job_id}", headers=acme)
    assert (gone.status_code, gone.json()["code"]) == (410, "result_expired")
    status = (await client.get(f"/status/{job_id}", headers=acme)).json()
    assert (status["status"], status["result_url"]) == ("succeeded", None)


async def test_step_that_fails_does_not_keep_the_others_from_theirs(
    client: httpx.AsyncClient, services: Services, submit: Any, runner: Runner, files: JobFiles, database: Database
) -> None:
    job_id = (await submit())["job_id"]
    await asyncio.to_thread(runner, job_id)
    await asyncio.to_thread(database.write, workers.present, FACTS)
    old = update(worker).values(heartbeat_at=datetime.now(UTC) - timedelta(days=2))
    await asyncio.to_thread(database.write, lambda connection: connection.execute(old))
    shutil.rmtree(files.results)
    with pytest.raises(ExceptionGroup) as failed:
        await sweeper(services, timedelta(0)).run()
    assert [type(error) for error in failed.value.exceptions] == [FileNotFoundError]
    assert not files.upload(job_id).exists()
    assert await asyncio.to_thread(database.read, workers.heartbeats) == {}


async def test_file_that_goes_while_it_is_looked_at_is_no_failure(services: Services, files: JobFiles) -> None:
    """As the probe of the health check does; a link to nowhere is there for a listing and gone for a look."""
    (files.results / ".probe-1").symlink_to(files.results / "gone")
    await sweeper(services, timedelta(hours=6)).run()


async def test_more_orphans_than_a_query_may_name_are_removed(services: Services, files: JobFiles) -> None:
    for number in range(1200):
        path = files.results / f"{number:032x}-1.mp4"
        path.touch()
        age(path)
    await sweeper(services, timedelta(hours=6)).run()
    assert list(files.results.iterdir()) == []


def test_ids_are_asked_for_in_chunks(database: Database) -> None:
    ids = [f"{number:032x}" for number in range(70_000)]
    assert database.read(rows.with_files, ids) == set()
    database.write(rows.mark_removed, ids)


async def test_waiting_job_keeps_its_upload_however_old(services: Services, submit: Any, files: JobFiles) -> None:
    job_id = (await submit())["job_id"]
    age(files.upload(job_id))
    await sweeper(services, timedelta(0)).run()
    assert files.image(job_id).exists()


@pytest.mark.parametrize("name", ["0" * 32 + "-1.mp4", "." + "0" * 32 + "-1.mp4", ".probe-1"])
async def test_orphans_are_removed_once_they_are_old(services: Services, files: JobFiles, name: str) -> None:
    orphan = files.results / name
    orphan.write_bytes(b"x")
    await sweeper(services, timedelta(hours=6)).run()
    assert orphan.exists()
    age(orphan)
    await sweeper(services, timedelta(hours=6)).run()
    assert not orphan.exists()
