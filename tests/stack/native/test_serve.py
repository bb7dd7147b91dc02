"""The supervisor in its own process, as a terminal or `down` ends it."""

import asyncio
import signal
import sys
from contextlib import asynccontextmanager

import pytest

from stack.native.state import StackState, running

PROGRAM = """
import asyncio, pathlib, sys
from datetime import timedelta
from stack.native.part import Part, Plan
from stack.native.ports import Ports
from stack.native.serve import serve
from stack.paths import Home

class Words:
    def starting(self, state): print("starting", flush=True)
    def ready(self, state): print("ready", flush=True)
    def stopping(self, state): print("stopping", flush=True)
    def stopped(self): print("stopped", flush=True)
    def say(self, message): print(message, flush=True)

part = Part("worker", {command!r}, ready={ready!r}, grace=timedelta(seconds={grace}))
print("was ready:", asyncio.run(serve(Plan((part,), Ports()), Home(pathlib.Path({home!r})), Words())), flush=True)
"""


@pytest.fixture
def serving(home, stand_in):
    """Runs one part, which may ignore SIGTERM, in a supervisor of its own process."""

    @asynccontextmanager
    async def serve(*arguments, grace=60.0):
        part = stand_in("worker", *arguments)
        program = PROGRAM.format(command=part.command, ready=part.ready, grace=grace, home=str(home.root))
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            process._transport.close()

    return serve


async def said(process, word):
    async with asyncio.timeout(20):
        while (line := (await process.stdout.readline()).decode()) and word not in line:
            pass
    assert word in line


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda signum: signum.name)
async def test_one_signal_ends_all_in_order(serving, home, signum):
    async with serving() as process:
        await said(process, "ready")
        assert running(home).phase == "ready"
        process.send_signal(signum)
        await said(process, "stopping")
        await said(process, "stopped")
        await said(process, "was ready: True")
        async with asyncio.timeout(10):
            assert await process.wait() == 0
    assert StackState.read(home).phase == "stopped"


async def test_second_signal_does_not_wait(serving, home):
    async with serving("--ignore-term") as process:
        await said(process, "ready")
        process.send_signal(signal.SIGINT)
        await said(process, "stopping")
        process.send_signal(signal.SIGINT)
        await said(process, "did not end in time and was killed")
        async with asyncio.timeout(10):
            assert await process.wait() == 0


async def test_signal_while_starting_ends_what_has_started(serving, home, until):
    async with serving("--ready-after", "600") as process:
        await said(process, "starting")
        await until(lambda: (state := running(home)) and state.parts[0].alive)
        process.send_signal(signal.SIGINT)
        await said(process, "was ready: False")
        async with asyncio.timeout(10):
            assert await process.wait() == 0
    assert not StackState.read(home).parts[0].alive
