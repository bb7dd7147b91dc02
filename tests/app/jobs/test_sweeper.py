from __future__ import annotations

import asyncio
import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.jobs.files import JobFiles
from app.jobs.runner import Runner
from app.jobs.sweeper import Sweeper
from app.services import Services


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
