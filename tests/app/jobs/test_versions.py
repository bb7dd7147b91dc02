"""What is asked for again is not sent again, and a download goes on where it broke off."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from app.jobs.runner import Runner


async def test_polling_costs_nothing_while_nothing_changes(
    client: httpx.AsyncClient, acme: dict[str, str], runner: Runner, submit: Any
) -> None:
    job_id = (await submit())["job_id"]
    first = await client.get(f"/status/{job_id}", headers=acme)
    known = acme | {"If-None-Match": first.headers["etag"]}
    assert first.headers["cache-control"] == "private, no-cache"
    again = await client.get(f"/status/{job_id}", headers=known)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    await asyncio.to_thread(runner, job_id)
    done = await client.get(f"/status/{job_id}", headers=known)
    assert (done.status_code, done.json()["status"]) == (200, "succeeded")
    assert done.headers["etag"] != first.headers["etag"]


async def test_download_goes_on_where_it_broke_off(
    client: httpx.AsyncClient, acme: dict[str, str], runner: Runner, submit: Any
) -> None:
    job_id = (await submit())["job_id"]
    await asyncio.to_thread(runner, job_id)
    whole = await client.get(f"/result/{job_id}", headers=acme)
    rest = acme | {"Range": "bytes=10-", "If-Range": whole.headers["etag"]}
    answer = await client.get(f"/result/{job_id}", headers=rest)
    assert (answer.status_code, answer.content) == (206, whole.content[10:])
    head = await client.head(f"/result/{job_id}", headers=acme)
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(whole.content)))
