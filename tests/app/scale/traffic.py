"""Customers who do not wait for each other: so many submits and looks a second, whatever becomes of those before."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

_PAUSE: Final = 0.05
_PATIENCE: Final = 90.0


@dataclass
class Traffic:
    """What was asked of the nodes at `urls`, and every answer. A call goes to the next node after 503 or where nobody listens."""

    urls: Sequence[str]
    headers: Mapping[str, str]
    form: Mapping[str, tuple[str | None, bytes]]
    prompt: str = ""
    #: Whether a call whose answer never came is made again; each submit has a name, so that it is one job all the same.
    repeats: bool = False
    accepted: dict[str, str] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    #: Seconds that the slowest answer, or end of a call, took.
    longest: float = 0.0

    async def submit(self, client: httpx.AsyncClient, number: int) -> None:
        name = f"{uuid.uuid4()}"
        files = {**self.form, "prompt": (None, f"{self.prompt} {name}".encode())}
        answer = await self._call(client, number, "POST", "/generate", files=files, headers={"Idempotency-Key": name})
        if answer is not None and answer.status_code == 202:
            self.accepted[name] = answer.json()["job_id"]

    async def look(self, client: httpx.AsyncClient, number: int) -> None:
        if self.accepted:
            ids = list(self.accepted.values())
            await self._call(client, number, "GET", f"/status/{ids[number % len(ids)]}")

    async def _call(
        self, client: httpx.AsyncClient, number: int, method: str, path: str, **given: Any
    ) -> httpx.Response | None:
        clock = asyncio.get_running_loop().time
        end = clock() + _PATIENCE
        for turn in itertools.count(number):
            url = self.urls[turn % len(self.urls)]
            began = clock()
            try:
                answer = await client.request(method, url + path, **given)
            except httpx.ConnectError:
                self.answers["refused"] += 1  # nobody listens: nothing was sent
            except httpx.TransportError as error:
                if not self.repeats:
                    self.broken.append(f"{method} {path.split('/')[1]} at {url}: {type(error).__name__} {error}")
                    return None
                self.answers["cut off"] += 1
            else:
                self.answers[f"{method} {answer.status_code}"] += 1
                if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    return answer
            finally:
                self.longest = max(self.longest, clock() - began)
            if clock() > end:
                self.broken.append(f"{method} {path}: no node answered for {_PATIENCE:g} s")
                return None
            await asyncio.sleep(_PAUSE)
        raise AssertionError


@asynccontextmanager
async def flowing(traffic: Traffic, *, submits: float, looks: float) -> AsyncIterator[None]:
    """Keep the traffic up, so many calls a second, while the block lasts; then wait for the last answers."""
    stop = asyncio.Event()
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=50, keepalive_expiry=20)
    async with httpx.AsyncClient(headers=dict(traffic.headers), timeout=_PATIENCE, limits=limits) as client:

        async def flow(call: Any, rate: float) -> None:
            async with asyncio.TaskGroup() as calls:
                for number in itertools.count():
                    calls.create_task(call(client, number))
                    try:
                        await asyncio.wait_for(stop.wait(), 1 / rate)
                    except TimeoutError:
                        continue
                    return

        async with asyncio.TaskGroup() as flows:
            flows.create_task(flow(traffic.submit, submits))
            flows.create_task(flow(traffic.look, looks))
            try:
                yield
            finally:
                stop.set()
