"""Run the stack in this process until it is told to stop."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Protocol

from stack.native.part import Plan
from stack.native.state import StackState
from stack.native.supervisor import Supervisor
from stack.paths import Home

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Watcher(Protocol):
    """Shows a person what the stack does."""

    def starting(self, state: StackState) -> None:
        """Show the parts getting ready."""

    def ready(self, state: StackState) -> None:
        """Show where everything is."""

    def stopping(self, state: StackState) -> None:
        """Show the parts ending."""

    def stopped(self) -> None:
        """Show nothing more."""

    def say(self, message: str) -> None:
        """Tell what happened to a part."""


async def serve(plan: Plan, home: Home, watcher: Watcher) -> bool:
    """Start the stack, keep it running until SIGINT, SIGTERM or SIGHUP, and end it; a second signal hurries.

    Returns whether it was ready, and not stopped before.

    Raises PartFailed with the verdict when a part does not get ready; the others are ended then.
    """
    supervisor = Supervisor(plan, home, say=watcher.say)
    was_ready = False
    async with _stop_signal(supervisor.force.set) as stop:
        try:
            async with supervisor:
                watcher.starting(supervisor.state)
                if await _unless(stop, supervisor.ready()):
                    was_ready = True
                    watcher.ready(supervisor.state)
                    await _unless(stop, supervisor.run())
                watcher.stopping(supervisor.state)
        finally:
            watcher.stopped()
    return was_ready


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Await `work` and return True, or abandon it and return False as soon as `stop` is set."""
    working = asyncio.ensure_future(work)
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
            return True
        return False
    finally:
        for task in (working, stopping):
            task.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)


@asynccontextmanager
async def _stop_signal(hurry: Callable[[], None]) -> AsyncIterator[asyncio.Event]:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def asked() -> None:
        if stop.is_set():
            hurry()
        stop.set()

    for signum in STOPPING:
        loop.add_signal_handler(signum, asked)
    try:
        yield stop
    finally:
        for signum in STOPPING:
            loop.remove_signal_handler(signum)
