"""Light traffic for `up --demo`: a bounded trickle through the real API, as the customer "demo"."""

import asyncio
import contextlib
import os
import random
import signal
import sys
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from stack import secrets
from stack.paths import PROJECT

SAMPLES = PROJECT / "app" / "samples"
PROMPTS = ("A calm news anchor", "A cheerful teacher", "A friendly museum guide", "A quiet storyteller")
LOOK_EVERY_SECONDS = 0.5
JOB_EVERY_SECONDS = (20.0, 30.0)
MISTAKE_EVERY_SECONDS = (30.0, 60.0)
REMEMBERED_JOBS = 10
MOST_OPEN_JOBS = 2
RETRY_SECONDS = 5.0
UNAUTHORIZED = 401


@dataclass
class Demo:
    """The trickle: a few looks a second, a job now and then, a mistake sometimes. Lives as long as its process."""

    http: httpx.AsyncClient
    admin_key: Path
    own_key: Path
    chance: random.Random = field(default_factory=random.Random)
    jobs: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED_JOBS))
    open: set[str] = field(default_factory=set)
    _renewing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self) -> None:
        """Go on until cancelled; a service that is away is waited for."""
        while self._key() is None:  # first of all: no request goes without one
            try:
                await self._renew(None)
            except httpx.HTTPError as error:
                say(f"no key yet: {error}")
                await asyncio.sleep(RETRY_SECONDS)
        await asyncio.gather(
            self._every((LOOK_EVERY_SECONDS, LOOK_EVERY_SECONDS), self._look),
            self._every(JOB_EVERY_SECONDS, self._submit),
            self._every(MISTAKE_EVERY_SECONDS, self._mistake),
        )

    async def _every(self, span: tuple[float, float], act: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await act()
            except httpx.HTTPError as error:
                say(f"the service is away: {error}")
                await asyncio.sleep(RETRY_SECONDS)
            await asyncio.sleep(self.chance.uniform(*span))

    async def _look(self) -> None:
        if not self.jobs or self.chance.random() < 0.3:  # noqa: PLR2004 - three looks in ten are at the list
            await self._ask("GET", "/jobs")
            return
        job = self.chance.choice(list(self.jobs))
        answer = await self._ask("GET", f"/status/{job}")
        if answer.is_success and answer.json()["status"] not in {"queued", "joined", "running"} and job in self.open:
            self.open.discard(job)
            await self._ask("GET", f"/result/{job}")

    async def _submit(self) -> None:
        if len(self.open) >= MOST_OPEN_JOBS:  # a slow machine gets fewer jobs, never a growing queue
            return
        answer = await self._ask(
            "POST",
            "/generate",
            files={
                "image": ("portrait.jpg", (SAMPLES / "portrait.jpg").read_bytes(), "image/jpeg"),
                "audio": ("speech.wav", (SAMPLES / "speech.wav").read_bytes(), "audio/wav"),
            },
            data={"prompt": self.chance.choice(PROMPTS)},
            # Most are generated anew, so that the card has work; the rest shows what sharing spares.
            more={"Cache-Control": "no-cache"} if self.chance.random() < 0.8 else {},  # noqa: PLR2004 - four of five
        )
        if answer.is_success:
            job = answer.json()["job_id"]
            self.jobs.append(job)
            self.open = {known for known in self.open if known in self.jobs} | {job}

    async def _mistake(self) -> None:
        await self._ask("GET", self.chance.choice(("/status/unknown", "/result/unknown")))

    async def _ask(self, method: str, path: str, *, more: dict[str, str] | None = None, **what: Any) -> httpx.Response:
        key = self._key()
        answer = await self.http.request(method, path, headers=_bearer(key) | (more or {}), **what)
        if answer.status_code == UNAUTHORIZED:
            await self._renew(key)
            answer = await self.http.request(method, path, headers=_bearer(self._key()), **what)
        return answer

    def _key(self) -> str | None:
        return _read(self.own_key)

    async def _renew(self, old: str | None) -> None:
        """Make a key unless another task has done so meanwhile."""
        async with self._renewing:
            if self._key() != old:
                return
            answer = await self.http.post(
                "/keys", headers=_bearer(_read(self.admin_key)), json={"customer": "demo", "tier": "premium"}
            )
            answer.raise_for_status()
            secrets.write(self.own_key, answer.json()["key"])


def _read(file: Path) -> str | None:
    try:
        return file.read_text().strip() or None
    except FileNotFoundError:
        return None


def _bearer(key: str | None) -> dict[str, str]:
    return {} if key is None else {"Authorization": f"Bearer {key}"}


def say(message: str) -> None:
    """Write a line to the log."""
    sys.stderr.write(f"{message}\n")


async def main() -> None:
    """Make traffic until SIGTERM."""
    loop = asyncio.get_running_loop()
    base = os.environ["PLAINVIEW_SERVICE_URL"]
    async with httpx.AsyncClient(base_url=base, timeout=10.0) as http:
        demo = Demo(
            http,
            admin_key=Path(os.environ["PLAINVIEW_DEMO_ADMIN_KEY_FILE"]),
            own_key=Path(os.environ["PLAINVIEW_DEMO_KEY_FILE"]),
        )
        traffic = asyncio.ensure_future(demo.run())
        for signum in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signum, traffic.cancel)
        say(f"simulated traffic to {base}")
        with contextlib.suppress(asyncio.CancelledError):
            await traffic


if __name__ == "__main__":
    asyncio.run(main())
