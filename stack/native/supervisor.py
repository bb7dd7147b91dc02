"""Run all parts of the stack: start them in order, keep them running, end them in order."""

import asyncio
import contextlib
import os
from collections.abc import Callable
from itertools import groupby
from typing import Any, Self

from stack.native import processes
from stack.native.part import Plan
from stack.native.restarts import FIRST_DELAY_SECONDS, Restarts
from stack.native.runner import PartFailed, Runner
from stack.native.state import PartStatus, Phase, StackState, beat
from stack.paths import PROJECT, Home

WRITE_DELAY_SECONDS = 0.05
BEAT_SECONDS = 5.0

__all__ = ["PartFailed", "Supervisor"]


class Supervisor:
    """Runs the parts of `plan` in `home`; use it as an async context manager, which ends them on the way out.

    `say` hears what a person should know: a part that ended, was started again or had to be killed.
    """

    def __init__(
        self,
        plan: Plan,
        home: Home,
        *,
        say: Callable[[str], None] = lambda _message: None,
        first_delay_seconds: float = FIRST_DELAY_SECONDS,
    ) -> None:
        self.force = asyncio.Event()
        """Set it to end parts at once instead of waiting for them."""
        self._home = home
        self._say = say
        self._writing: asyncio.TimerHandle | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._runners = {
            part.name: Runner(
                part,
                folder=PROJECT,
                logs=home.logs,
                restarts=Restarts(first_delay_seconds=first_delay_seconds),
                changed=self._changed,
            )
            for part in plan.parts
        }
        pid = os.getpid()
        self.state = StackState(
            supervisor=PartStatus("supervisor", pid=pid, start_time=processes.start_time(pid), state="starting"),
            ports=plan.ports,
            demo=plan.demo,
            app=plan.app,
            in_force=dict(plan.in_force),
            parts=[runner.status for runner in self._runners.values()],
            ends_within=plan.ends_within.total_seconds(),
        )

    async def __aenter__(self) -> Self:
        self._set_phase("starting")
        for runner in self._runners.values():
            after = [self._runners[name] for name in runner.part.after]
            self._tasks.append(asyncio.create_task(runner.run(after), name=runner.part.name))
        self._beating = asyncio.create_task(self._beat())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._beating.cancel()
        failed = self.state.phase == "failed"
        if not failed:
            self._set_phase("stopping")
        await self._stop()
        self._set_phase("failed" if failed else "stopped")

    async def ready(self) -> None:
        """Return when every part was ready; raises PartFailed with the verdict on the first that cannot be."""
        all_settled = asyncio.gather(*(runner.settled.wait() for runner in self._runners.values()))
        try:
            await self._first(all_settled)
        finally:
            all_settled.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await all_settled
        self._set_phase("ready")

    async def run(self) -> None:
        """Keep the parts running until cancelled."""
        await self._first(asyncio.get_running_loop().create_future())

    async def _first(self, wanted: asyncio.Future[Any]) -> None:
        """Wait for `wanted`, or raise what the first failing part raised."""
        tasks = set(self._tasks)
        while not wanted.done():
            await asyncio.wait({wanted, *tasks}, return_when=asyncio.FIRST_COMPLETED)
            for task in [task for task in tasks if task.done()]:
                tasks.discard(task)
                if error := task.exception():
                    self.state.verdict = str(error)
                    self._set_phase("failed")
                    raise error

    async def _stop(self) -> None:
        ranked = sorted(self._runners.values(), key=lambda runner: runner.part.stop_rank)
        for _, group in groupby(ranked, key=lambda runner: runner.part.stop_rank):
            await asyncio.gather(*(runner.stop(self.force) for runner in group))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for runner in self._runners.values():
            runner.close()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            beat(self._home)

    def _set_phase(self, phase: Phase) -> None:
        self.state.phase = phase
        self._write()

    def _changed(self, message: str) -> None:
        if message:
            self._say(message)
        if self._writing is None:
            self._writing = asyncio.get_running_loop().call_later(WRITE_DELAY_SECONDS, self._write)

    def _write(self) -> None:
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None
        # A full disk must not end what runs; the state is written again with the next change.
        with contextlib.suppress(OSError):
            self.state.write(self._home)
