"""Keep one part running."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from stack.native.child import Child
from stack.native.inherited import inherited
from stack.native.logfile import LogFile
from stack.native.part import Part
from stack.native.readiness import not_ready
from stack.native.restarts import Restarts
from stack.native.state import PartState, PartStatus
from stack.native.verdict import LINES, ending, explain

POLL_SECONDS = 0.05
NOT_STARTED = 127  # as a shell says it
WRONG_SETTINGS = 2
SAID_LINES = 200


class PartFailed(RuntimeError):  # noqa: N818 - reads as what happened
    """A part does not run; the message says why, shows its last log lines and what to do."""

    def __init__(self, part: str, explanation: str) -> None:
        super().__init__(explanation)
        self.part = part


class Runner:
    """Starts a part, waits until it is ready, starts it again when it ends. Lives as long as the supervisor."""

    def __init__(
        self, part: Part, *, folder: Path, logs: Path, restarts: Restarts, changed: Callable[[str], None]
    ) -> None:
        self.part = part
        self.settled = asyncio.Event()
        """Set when the part was ready, or the step was done, for the first time."""
        self._log_path = logs / f"{part.name}.log"
        self._log = LogFile(self._log_path)
        self.status = PartStatus(
            part.name,
            title=part.title or part.name,
            address=part.address,
            ready=list(part.ready),
            log=str(self._log_path),
            once=part.once,
        )
        self._folder = folder
        self._restarts = restarts
        self._changed = changed
        self._stopping = asyncio.Event()
        self._child: Child | None = None
        self._ended: asyncio.Future[Any] | None = None
        self._told = False

    async def run(self, after: Sequence["Runner"]) -> None:
        """Run the part until `stop`; raises PartFailed when it does not get ready for the first time."""
        for other in after:
            await other.settled.wait()
        while not self._stopping.is_set():
            try:
                child, ended = await self._start()
            except OSError as error:
                await self._unstartable(error)
                continue
            if self.part.once:
                return self._finished(await ended, child)
            await self._until_ready(child, ended)
            code = await ended
            if self._stopping.is_set():
                break
            if code in self.part.renews and self.settled.is_set():
                self._renewed(self.part.renews[code])
            else:
                await self._pause(code, child.lived_seconds)
        return self._note("stopped")

    async def stop(self, force: asyncio.Event) -> None:
        """End the part: SIGTERM, then SIGKILL after its grace or as soon as `force` is set."""
        self._stopping.set()
        child, ended = self._child, self._ended
        if child is not None and ended is not None and not ended.done():
            self._note("stopping")
            child.send(signal.SIGTERM)
            forced: asyncio.Future[Any] = asyncio.ensure_future(force.wait())
            grace = self.part.grace.total_seconds()
            await asyncio.wait({ended, forced}, timeout=grace, return_when=asyncio.FIRST_COMPLETED)
            forced.cancel()
            if not ended.done():
                self._note("stopping", f"{self.part.name} did not end in time and was killed")
                child.send(signal.SIGKILL)
                await ended
        if self.status.state not in {"done", "failed"}:
            self._note("stopped")

    def close(self) -> None:
        self._log.close()

    async def _start(self) -> tuple[Child, asyncio.Future[Any]]:
        self._note("starting", detail=self.status.detail)
        part = self.part
        if part.explains_itself:
            self._log.forget()
        environment = {**inherited(os.environ, part.name, settings=part.reads_settings), **part.environment}
        child = await Child.start(self.part.command, environment, part.folder or self._folder, self._log)
        ended = asyncio.ensure_future(child.wait())
        ended.add_done_callback(self._gone)
        self._child, self._ended = child, ended
        self.status.pid, self.status.start_time, self.status.since = child.pid, child.start_time, time.time()
        self._changed("")
        if self._stopping.is_set():  # asked to stop while the process was being made
            child.send(signal.SIGTERM)
        return child, ended

    async def _unstartable(self, error: OSError) -> None:
        if not self.settled.is_set():
            raise self._failed(f"{self.part.name} could not be started: {error}.") from error
        await self._pause(NOT_STARTED, 0.0)

    def _gone(self, _ended: asyncio.Future[Any]) -> None:
        self._child = self._ended = None
        self.status.pid = self.status.start_time = None

    def _finished(self, code: int, child: Child) -> None:
        if code and not self._stopping.is_set():
            raise self._failed(f"The step {self.part.name} ended with {ending(code)}.", code)
        self._settle("done", child)

    def _settle(self, state: PartState, child: Child) -> None:
        self.status.ready_seconds = child.lived_seconds
        self._note(state, f"{self.part.name} is ready again" if self.settled.is_set() else "")
        self.settled.set()

    async def _until_ready(self, child: Child, ended: asyncio.Future[Any]) -> None:
        """Wait for every readiness URL, or for the end of the process."""
        for url in self.part.ready:
            while reason := await not_ready(url):
                self.status.detail = reason
                if ended.done() or self._stopping.is_set():
                    return
                if child.lived_seconds > self.part.ready_within.total_seconds() and not self.settled.is_set():
                    within = f"{self.part.ready_within.total_seconds():g} s"
                    raise self._failed(f"{self.part.name} runs but was not ready within {within}: {reason}.")
                await asyncio.wait([ended], timeout=POLL_SECONDS)
        if not ended.done() and not self._stopping.is_set():
            self._settle("ready", child)

    def _renewed(self, reason: str) -> None:
        """Note an end that the part chose itself; it is started anew at once."""
        self._told = False
        self.status.renewed[reason] = self.status.renewed.get(reason, 0) + 1
        self._note("restarting", f"{self.part.name} ended to be started anew ({reason}); starting it")

    async def _pause(self, code: int, lived_seconds: float) -> None:
        """Wait before the next start; raises PartFailed when the part never was ready and keeps ending."""
        if code == WRONG_SETTINGS and self.part.explains_itself and not self.settled.is_set():
            raise self._said()
        if code == WRONG_SETTINGS and self.part.reads_settings and not self.settled.is_set():
            raise self._failed(f"{self.part.name} does not start with these settings.", code)
        delay = self._restarts.ended(time.monotonic(), lived_seconds)
        self.status.restarts = self._restarts.count
        what = f"{self.part.name} ended by itself ({ending(code)} after {lived_seconds:.1f} s)"
        if self._restarts.looping:
            self._crash_loop(code, delay)
        else:
            self._told = False
            self._note("restarting", f"{what}; starting it again in {delay:g} s", detail=what)
        try:
            await asyncio.wait_for(self._stopping.wait(), delay)
        except TimeoutError:
            return

    def _crash_loop(self, code: int, delay: float) -> None:
        verdict = f"{self.part.name} keeps ending: {self._restarts.count} times, last with {ending(code)}."
        if not self.settled.is_set():
            raise self._failed(verdict, code)
        message = "" if self._told else self._explained(verdict, code)
        self._told = True
        self._note("crash-looping", message, detail=f"{verdict} Trying again every {delay:g} s.")

    def _said(self) -> PartFailed:
        said = self._own_words()
        self._note("failed", detail=said.partition("\n")[0])
        return PartFailed(self.part.name, said)

    def _own_words(self) -> str:
        """Return what the part wrote itself, without its log lines."""
        return "\n".join(line for line in self._log.recent(SAID_LINES) if not line.startswith("{")).strip()

    def _failed(self, what: str, code: int | None = None) -> PartFailed:
        self._note("failed", detail=what)
        return PartFailed(self.part.name, self._explained(what, code))

    def _explained(self, what: str, code: int | None) -> str:
        wrong = code == WRONG_SETTINGS and self.part.reads_settings
        if wrong and self.part.explains_itself:
            return f"{what}\n{self._own_words()}"
        lines = self._log.recent(LINES)
        return explain(what, self.part.name, self._log_path, lines, code=code, wrong_settings=wrong)

    def _note(self, state: PartState, message: str = "", *, detail: str = "") -> None:
        self.status.state = state
        self.status.detail = detail
        self._changed(message)
