import asyncio
import os
import signal
import sys
import time
from datetime import timedelta

import pytest

from stack.native import processes
from stack.native.child import Child
from stack.native.part import Part
from stack.native.readiness import not_ready
from stack.native.state import AlreadyStarting, StackState, ended_unexpectedly, held, leftovers, only_one, running
from stack.native.supervisor import PartFailed, Supervisor

SOON = 0.05


def supervise(plan, home, say=lambda _message: None):
    return Supervisor(plan, home, say=say, first_delay_seconds=SOON)


async def test_parts_start_in_order_and_end_in_order(home, plan, stand_in, tmp_path):
    journal = tmp_path / "journal"
    parts = (
        stand_in("api", "--journal", journal, after=("migrate",), stop_rank=0),
        stand_in("migrate", "--journal", journal, serve=False, once=True),
        stand_in("store", "--journal", journal, stop_rank=1),
    )
    async with supervise(plan(*parts), home) as supervisor:
        await supervisor.ready()
        assert {part.name: part.state for part in supervisor.state.parts} == {
            "api": "ready",
            "migrate": "done",
            "store": "ready",
        }
    lines = journal.read_text().splitlines()
    assert lines.index("migrate started") < lines.index("api started")
    assert lines[-2:] == ["api stopped", "store stopped"]
    assert {part.state for part in supervisor.state.parts} == {"stopped", "done"}


async def test_state_file_tells_others_what_runs(home, plan, stand_in):
    async with supervise(plan(stand_in("api")), home) as supervisor:
        await supervisor.ready()
        state = running(home)
        assert state is not None
        assert (state.phase, state.parts[0].state, state.parts[0].alive) == ("ready", "ready", True)
    assert StackState.read(home).phase == "stopped"
    assert not StackState.read(home).parts[0].alive


async def test_slow_start_is_waited_for(home, plan, stand_in):
    async with supervise(plan(stand_in("api", "--ready-after", 0.6)), home) as supervisor:
        await supervisor.ready()
        assert supervisor.state.parts[0].ready_seconds >= 0.6
        assert supervisor.state.parts[0].restarts == 0


async def test_part_that_is_never_ready_is_named_with_what_it_answers(home, plan, stand_in):
    part = stand_in("api", "--ready-after", 600, ready_within=timedelta(seconds=0.5))
    with pytest.raises(PartFailed, match=r"(?s)api runs but was not ready within 0.5 s: .* answered 503.*hello"):
        async with supervise(plan(part), home) as supervisor:
            await supervisor.ready()
    assert StackState.read(home).phase == "failed"
    assert not StackState.read(home).parts[0].alive


async def test_crash_loop_at_start_names_part_code_last_lines_and_cure(home, plan, stand_in):
    parts = plan(stand_in("worker", "--fail", 7), stand_in("api"))
    with pytest.raises(PartFailed) as caught:
        async with supervise(parts, home) as supervisor:
            await supervisor.ready()
    assert caught.value.part == "worker"
    for fact in ("worker keeps ending", "exit code 7", "the model file is missing", "./plainview logs worker"):
        assert fact in str(caught.value)
    assert all(not part.alive for part in StackState.read(home).parts)


async def test_failed_step_is_not_repeated(home, plan, stand_in, tmp_path):
    journal = tmp_path / "journal"
    part = stand_in("migrate", "--fail", 1, "--journal", journal, serve=False, once=True)
    with pytest.raises(PartFailed, match="The step migrate ended with exit code 1"):
        async with supervise(plan(part), home) as supervisor:
            await supervisor.ready()
    assert journal.read_text() == "migrate started\n"


async def test_wrong_settings_are_not_tried_again_and_old_lines_are_not_shown(home, plan, stand_in, tmp_path):
    (home.logs / "worker.log").write_text("of an earlier start\n")
    journal = tmp_path / "journal"
    part = stand_in("worker", "--fail", 2, "--journal", journal, reads_settings=True)
    with pytest.raises(PartFailed, match="worker does not start with these settings") as caught:
        async with supervise(plan(part), home) as supervisor:
            await supervisor.ready()
    assert journal.read_text() == "worker started\n"
    assert "the model file is missing" in str(caught.value)
    assert "of an earlier start" not in str(caught.value)


async def test_part_gets_only_the_settings_that_are_its_own(home, plan, stand_in, tmp_path, monkeypatch):
    monkeypatch.setenv("PLAINVIEW_NOTIFY_URLS", "json://hush")
    monkeypatch.setenv("PLAINVIEW_TIMEZONE", "Europe/Berlin")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    parts = [stand_in(name, reads_settings=name != "prometheus") for name in ("notifier", "worker", "prometheus")]
    async with supervise(plan(*parts), home) as supervisor:
        await supervisor.ready()
        seen = {part.name: variables_of(part.pid) for part in supervisor.state.parts}
    assert all("HTTPS_PROXY" in variables for variables in seen.values())
    assert {name for name, variables in seen.items() if "PLAINVIEW_NOTIFY_URLS" in variables} == {"notifier"}
    assert {name for name, variables in seen.items() if "PLAINVIEW_TIMEZONE" in variables} == {"notifier", "worker"}


def variables_of(pid):
    words = (processes.PROC / str(pid) / "environ").read_bytes().split(b"\0")
    return {word.partition(b"=")[0].decode() for word in words}


async def test_log_that_cannot_be_written_does_not_stop_the_part(home, tmp_path, until):
    class Broken:
        def write(self, _data):
            raise ValueError("write to closed file")

    done = tmp_path / "done"
    program = (
        f"import pathlib, sys; sys.stdout.write('x' * 1000000); sys.stdout.flush(); pathlib.Path({str(done)!r}).touch()"
    )
    child = await Child.start([sys.executable, "-S", "-c", program], dict(os.environ), tmp_path, Broken())
    assert await child.wait() == 0
    assert done.exists()


async def test_part_that_asks_for_a_fresh_process_gets_it_at_once_and_is_no_crash_loop(
    home, plan, stand_in, tmp_path, until
):
    trigger, said = tmp_path / "trigger", []
    part = stand_in("worker", "--fail-after-ready", trigger, "--fail", 80, renews={80: "out of memory"})
    async with Supervisor(plan(part), home, say=said.append, first_delay_seconds=600) as supervisor:
        await supervisor.ready()
        (status,) = supervisor.state.parts
        for times in range(1, 7):
            trigger.touch()
            await until(lambda times=times: status.renewed == {"out of memory": times} and status.state == "ready")
    assert (status.restarts, status.state) == (0, "stopped")
    assert said[0] == "worker ended to be started anew (out of memory); starting it"
    assert StackState.read(home).parts[0].renewed == {"out of memory": 6}


async def test_part_that_asks_for_a_fresh_process_before_it_was_ready_is_a_failure(home, plan, stand_in):
    part = stand_in("worker", "--fail", 80, renews={80: "out of memory"})
    with pytest.raises(PartFailed, match="exit code 80"):
        async with supervise(plan(part), home) as supervisor:
            await supervisor.ready()


async def test_killed_supervisor_is_told_from_one_that_ended(home, plan, stand_in):
    async with supervise(plan(stand_in("api")), home) as supervisor:
        await supervisor.ready()
        assert ended_unexpectedly(home) is None
    assert ended_unexpectedly(home) is None
    state = StackState.read(home)
    state.phase, state.supervisor.start_time = "ready", 1
    state.write(home)
    assert time.time() - 60 < ended_unexpectedly(home) <= time.time() + 1


async def test_program_that_cannot_be_started_is_named(home, plan, stand_in):
    part = stand_in("prometheus")
    missing = type(part)(**{**part.__dict__, "command": ("/nowhere/prometheus",)})
    with pytest.raises(PartFailed, match="prometheus could not be started"):
        async with supervise(plan(missing), home) as supervisor:
            await supervisor.ready()


async def test_part_that_dies_is_started_again_and_said(home, plan, stand_in, until):
    heard = []
    async with supervise(plan(stand_in("worker")), home, heard.append) as supervisor:
        await supervisor.ready()
        status = supervisor.state.parts[0]
        os.kill(status.pid, signal.SIGKILL)
        await until(lambda: status.restarts == 1 and status.state == "ready")
    assert "worker ended by itself (killed by SIGKILL" in heard[0]
    assert heard[1] == "worker is ready again"


async def test_crash_loop_of_a_running_part_leaves_the_others_running(home, plan, stand_in, until, tmp_path):
    heard, trigger = [], tmp_path / "fail"
    parts = plan(stand_in("worker", "--fail-after-ready", trigger), stand_in("api"))
    async with supervise(parts, home, heard.append) as supervisor:
        await supervisor.ready()
        worker, api = supervisor.state.parts
        for restart in range(1, 5):
            await until(lambda: worker.state == "ready")
            trigger.touch()
            await until(lambda restart=restart: worker.restarts == restart)
        await until(lambda: worker.state == "crash-looping")
        assert "exit code 3" in worker.detail
        assert (api.state, api.restarts) == ("ready", 0)
        await until(lambda: worker.state == "ready")
    assert any("worker keeps ending: 4 times" in message and "What to do" in message for message in heard)


async def test_part_that_ignores_sigterm_is_killed_after_its_grace(home, plan, stand_in):
    part = stand_in("worker", "--ignore-term", grace=timedelta(seconds=0.3))
    heard = []
    async with supervise(plan(part), home, heard.append) as supervisor:
        await supervisor.ready()
        pid = supervisor.state.parts[0].pid
        begun = time.monotonic()
    assert 0.3 <= time.monotonic() - begun < 3
    assert processes.start_time(pid) is None
    assert heard == ["worker did not end in time and was killed"]


async def test_force_ends_a_part_before_its_grace(home, plan, stand_in):
    part = stand_in("worker", "--ignore-term", grace=timedelta(seconds=60))
    async with supervise(plan(part), home) as supervisor:
        await supervisor.ready()
        begun = time.monotonic()
        supervisor.force.set()
    assert time.monotonic() - begun < 3


async def test_what_a_part_started_ends_with_it(home, plan, stand_in, tmp_path):
    pid_file = tmp_path / "grandchild"
    async with supervise(plan(stand_in("worker", "--grandchild", pid_file)), home) as supervisor:
        await supervisor.ready()
        grandchild = int(pid_file.read_text())
        assert processes.start_time(grandchild) is not None
    assert processes.start_time(grandchild) is None


async def test_children_die_with_a_supervisor_that_is_killed(home, stand_in, until, tmp_path):
    part = stand_in("api", "--ignore-term", "--pid-file", tmp_path / "pid")
    program = f"""
import asyncio, pathlib
from stack.native.part import Part, Plan
from stack.native.ports import Ports
from stack.native.supervisor import Supervisor
from stack.paths import Home
async def main():
    part = Part("api", {part.command!r}, ready={part.ready!r})
    async with Supervisor(Plan((part,), Ports()), Home(pathlib.Path({str(home.root)!r}))) as supervisor:
        await supervisor.ready()
        await supervisor.run()
asyncio.run(main())
"""
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    await until(lambda: (state := running(home)) and state.phase == "ready")
    pid = int((tmp_path / "pid").read_text())
    assert processes.start_time(pid) is not None
    parent.kill()
    await parent.wait()
    await until(lambda: processes.start_time(pid) is None)
    assert running(home) is None
    assert leftovers(home) == []


async def test_reused_pid_is_not_taken_for_a_part(home, plan, stand_in):
    async with supervise(plan(stand_in("api")), home) as supervisor:
        await supervisor.ready()
    state = StackState.read(home)
    state.supervisor.start_time = 1  # a process of another time had the supervisor's pid
    state.parts[0].pid, state.parts[0].start_time = os.getpid(), 1
    state.write(home)
    assert running(home) is None
    assert leftovers(home) == []


def test_second_supervisor_is_refused(home):
    assert not held(home)
    with only_one(home), pytest.raises(AlreadyStarting), only_one(home):
        pass
    with only_one(home):
        assert held(home)
    with only_one(home):
        pass


async def test_nobody_listening_is_said(free_port):
    assert "nobody listens" in await not_ready(f"http://127.0.0.1:{free_port()}/")


async def test_part_that_explains_itself_is_quoted_and_what_waits_for_it_never_starts(
    home, plan, stand_in, free_port, tmp_path
):
    script = "import sys; print('{\"event\": 1}'); sys.stderr.write('No app.\\nWhat to do: x\\n'); sys.exit(2)"
    never = (f"http://127.0.0.1:{free_port()}/",)
    app = Part("app", (sys.executable, "-S", "-c", script), ready=never, reads_settings=True, explains_itself=True)
    other = stand_in("console", "--journal", tmp_path / "journal", after=("app",))
    async with supervise(plan(app, other), home) as supervisor:
        with pytest.raises(PartFailed) as failed:
            await supervisor.ready()
    assert str(failed.value) == "No app.\nWhat to do: x"
    assert not (tmp_path / "journal").exists()


async def test_part_that_keeps_ending_later_is_quoted_once(home, plan, free_port, until, tmp_path):
    port = free_port()
    script = (
        "import http.server as h, os, sys\n"
        "if os.path.exists('broken'): sys.stderr.write('Importing main failed\\n'); sys.exit(2)\n"
        f"h.HTTPServer(('127.0.0.1', {port}), h.SimpleHTTPRequestHandler).serve_forever()\n"
    )
    command = (sys.executable, "-c", script)
    ready = (f"http://127.0.0.1:{port}/",)
    app = Part("app", command, ready=ready, reads_settings=True, explains_itself=True, folder=tmp_path)
    said = []
    async with supervise(plan(app), home, said.append) as supervisor:
        await supervisor.ready()
        (tmp_path / "broken").touch()
        os.kill(supervisor.state.parts[0].pid, signal.SIGKILL)
        await until(lambda: supervisor.state.parts[0].state == "crash-looping")
    (verdict,) = [message for message in said if "keeps ending" in message]
    assert verdict == "app keeps ending: 4 times, last with exit code 2.\nImporting main failed"


async def test_part_runs_in_its_own_folder(home, plan, tmp_path):
    script = "import os; open('here', 'w').write(os.getcwd())"
    step = Part("step", (sys.executable, "-S", "-c", script), once=True, folder=tmp_path)
    async with supervise(plan(step), home) as supervisor:
        await supervisor.ready()
    assert (tmp_path / "here").read_text() == str(tmp_path)
