"""The first command of the README: everything starts, says where it is, takes a job, and ends."""

import io
import json
import os
import re
import signal
import stat
import subprocess
import sys
import time

import av
import httpx
import pytest

from stack.native import processes
from stack.native.state import StackState
from stack.paths import PROJECT, Home

from .conftest import clean_environment, free_ports, run

pytestmark = pytest.mark.integration

PARTS = {"api", "worker", "notifier", "console", "prometheus", "alertmanager"}


def until(condition, within=30.0):
    deadline = time.monotonic() + within
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)
    return value


def status(stack):
    answer = json.loads(stack.command("status", "--json", check=False).stdout)
    return {part["name"]: part for part in answer["parts"]}


def test_every_part_is_ready(native_stack):
    parts = status(native_stack)
    assert set(parts) == PARTS
    assert {part["state"] for part in parts.values()} == {"ready"}
    assert all(part["memory_bytes"] > 0 and part["restarts"] == 0 for part in parts.values())


def test_prometheus_reaches_every_part(native_stack):
    def jobs_up():
        answer = httpx.get(f"{native_stack.url('prometheus')}/api/v1/query", params={"query": "up == 1"}).json()
        return {sample["metric"]["job"] for sample in answer["data"]["result"]} >= PARTS

    until(jobs_up)


def test_printed_curl_command_makes_a_video(native_stack, tmp_path):
    printed = native_stack.output
    command = printed[printed.index("curl -X POST") :].split("\n\n")[0]
    answer = json.loads(subprocess.check_output(command, shell=True, cwd=PROJECT))  # noqa: S602 - what a user pastes
    assert answer["status"] == "queued"
    with native_stack.api() as api:
        until(lambda: api.get(answer["status_url"]).json()["status"] == "succeeded", within=90)
        video = api.get(answer["result_url"])
    with av.open(io.BytesIO(video.content)) as media:
        assert [stream.codec_context.name for stream in media.streams] == ["h264", "aac"]
    listed = native_stack.command("jobs", "list").stdout
    assert answer["job_id"] in listed
    assert "succeeded" in listed


def test_printed_link_signs_in_to_the_console(native_stack):
    link = re.search(r"http://\S+/sign-in\?token=\S+", native_stack.output).group()
    assert native_stack.command("sign-in").stdout.strip() == link
    with httpx.Client() as browser:
        answer = browser.get(link)
        assert answer.is_redirect
        session = browser.get(f"{native_stack.url('console')}/api/session")
        assert session.json()["signed_in"] is True


def test_secrets_are_for_the_owner_only(native_stack):
    files = list(native_stack.home.secrets.iterdir())
    assert {"first_api_key", "console_token", "notifier_token"} <= {file.name for file in files}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    logs = "".join(log.read_text() for log in native_stack.home.logs.glob("*.log"))
    assert not [file.name for file in files if file.read_text().strip() in logs]


def test_nothing_listens_beyond_loopback(native_stack):
    ours = set(native_stack.ports.named().values())
    rows = [row.split() for table in ("tcp", "tcp6") for row in listening_rows(table)]
    addresses = {row[1].rpartition(":")[0] for row in rows if int(row[1].rpartition(":")[2], 16) in ours}
    assert addresses == {"0100007F"}  # 127.0.0.1 as the kernel writes it


def listening_rows(table):
    rows = (processes.PROC / "net" / table).read_text().splitlines()[1:]
    return [row for row in rows if row.split()[3] == processes.LISTENING]


def test_second_up_says_so_and_shows_the_addresses(native_stack):
    again = native_stack.command("up")
    assert "runs already" in again.stderr
    assert native_stack.url("console") in again.stdout
    assert native_stack.key not in again.stdout
    assert "Nobody is told of alerts" in again.stdout


def test_up_names_what_is_set_but_not_in_force(native_stack):
    environment = {**native_stack.environment, "PLAINVIEW_NOTIFY_URLS": "json://127.0.0.1:9/hush"}
    again = run(environment, "up", "--demo", check=False)
    assert again.returncode == 1
    assert "Not in force: --demo, PLAINVIEW_NOTIFY_URLS." in again.stderr
    assert "hush" not in (native_stack.home.run / "state.json").read_text()


def test_sending_a_test_warns_that_the_running_notifier_tells_others(native_stack):
    environment = {**native_stack.environment, "PLAINVIEW_NOTIFY_URLS": "json://127.0.0.1:9/hook"}
    tested = run(environment, "alerts", "send-test", check=False)
    assert tested.returncode == 1
    assert "as it is set in this shell" in tested.stderr
    assert "The running notifier tells NOBODY, not the 1 tested here" in tested.stderr


@pytest.mark.slow
def test_targets_of_the_running_notifier_are_said_everywhere(own_stack):
    stack = own_stack(PLAINVIEW_NOTIFY_URLS="json://127.0.0.1:9/a json://127.0.0.1:9/b")
    assert "Alerts go to 2 targets" in stack.output
    assert "running notifier tells" not in stack.command("alerts", "send-test", check=False).stderr
    assert "go to 2 targets" in stack.command("doctor", check=False).stdout
    del stack.environment["PLAINVIEW_NOTIFY_URLS"]
    assert "the running notifier tells 2, these settings name 0" in stack.command("doctor", check=False).stdout
    again = stack.command("up", check=False)
    assert again.returncode == 1
    assert "Not in force: PLAINVIEW_NOTIFY_URLS." in again.stderr


def test_no_series_has_a_label_twice(native_stack):
    def info():
        answer = httpx.get(f"{native_stack.url('prometheus')}/api/v1/query", params={"query": "gpu_info"}).json()
        return answer["data"]["result"]

    (series,) = until(info)
    assert series["metric"]["simulated"] == "true"
    assert not [name for name in series["metric"] if name.startswith("exported_")]


def test_programs_get_none_of_the_settings(native_stack):
    for name in ("prometheus", "alertmanager"):
        variables = (processes.PROC / str(status(native_stack)[name]["pid"]) / "environ").read_bytes().split(b"\0")
        assert not [word for word in variables if word.startswith((b"PLAINVIEW_", b"OTEL_"))]


@pytest.mark.slow
def test_two_starts_at_once_end_in_one_stack(tmp_path):
    home, ports = Home(tmp_path / "home"), free_ports()
    environment = clean_environment(home)
    command = [sys.executable, "-m", "stack", "up", "--detach", *(f"--{n}-port={p}" for n, p in ports.named().items())]
    both = [
        subprocess.Popen(
            command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    try:
        said = [process.communicate(timeout=90) for process in both]
        assert [process.returncode for process in both] == [0, 0], said
        assert all("Plainview is running" in out for out, _ in said)
        assert sum("already" in err for _, err in said) == 1
    finally:
        run(environment, "down", "--force", check=False)


def test_taken_ports_are_named_with_their_holder(native_stack, tmp_path):
    environment = clean_environment(Home(tmp_path / "other"))
    refused = run(environment, "up", "--detach", f"--api-port={native_stack.ports.api}", check=False)
    assert refused.returncode == 1
    assert f"api: port {native_stack.ports.api} is taken by" in refused.stderr
    assert f"(pid {status(native_stack)['api']['pid']})" in refused.stderr
    assert "--api-port" in refused.stderr


@pytest.mark.slow
def test_keys_are_made_listed_and_revoked(native_stack):
    made = native_stack.command("keys", "create", "--customer", "acme", "--expires", "30d")
    key = made.stdout.strip()
    assert key.startswith("pv_")
    headers = {"Authorization": f"Bearer {key}"}
    assert httpx.get(f"{native_stack.url('api')}/jobs", headers=headers).status_code == 200
    row = next(line for line in native_stack.command("keys", "list").stdout.splitlines() if "acme" in line)
    assert key not in row
    native_stack.command("keys", "revoke", row.split()[0])
    until(lambda: httpx.get(f"{native_stack.url('api')}/jobs", headers=headers).status_code == 401, within=5)


@pytest.mark.slow
def test_killed_part_is_started_again(own_stack):
    stack = own_stack()
    os.kill(status(stack)["worker"]["pid"], signal.SIGKILL)
    until(lambda: (worker := status(stack)["worker"])["restarts"] == 1 and worker["state"] == "ready")
    ended = stack.command("down")
    assert "Stopped" in ended.stderr
    state = StackState.read(stack.home)
    assert state.phase == "stopped"
    assert not any(part.alive for part in state.parts)
    assert stack.command("status", check=False).returncode == 3


@pytest.mark.slow
def test_killed_supervisor_takes_all_along_and_the_next_start_is_warm(own_stack):
    stack = own_stack()
    state = StackState.read(stack.home)
    os.kill(state.supervisor.pid, signal.SIGKILL)
    until(lambda: not any(part.alive for part in state.parts))
    until(lambda: not any(map(processes.listening, stack.ports.named().values())))
    begun = time.monotonic()
    assert "ended unexpectedly" in stack.command("status", check=False).stderr
    again = stack.command("up", "--detach", *(f"--{n}-port={p}" for n, p in stack.ports.named().items()))
    assert time.monotonic() - begun < 20
    assert stack.key not in again.stdout
    assert f"$(cat {stack.home.secrets}/first_api_key)" in again.stdout  # the first key still is the one


@pytest.mark.slow
def test_demo_is_labelled_simulated_and_makes_jobs(own_stack):
    stack = own_stack("--demo")
    assert "simulated GPU" in stack.output
    key = (stack.home.root / "demo/secrets/first_api_key").read_text().strip()
    with httpx.Client(base_url=stack.url("api"), headers={"Authorization": f"Bearer {key}"}) as api:
        job = until(
            lambda: next((job for job in api.get("/jobs").json()["jobs"] if job["status"] == "succeeded"), None), 60
        )
    assert "simulated" in job["device"]
    assert stack.command("keys", "list").stdout.count(" demo ") == 1
    assert job["job_id"] in stack.command("jobs", "list").stdout
    assert not list(stack.home.data.iterdir())  # nothing of it is where the real figures are
    stack.command("down")
    assert "./plainview up" in stack.command("keys", "list", check=False).stderr


@pytest.mark.slow
def test_part_that_cannot_start_is_named_with_what_to_do(tmp_path):
    home = Home(tmp_path / "home").create()
    (home.data / "prometheus").touch()  # a file where a folder is needed
    options = [f"--{part}-port={port}" for part, port in free_ports().named().items()]
    environment = clean_environment(home)
    refused = run(environment, "up", "--detach", *options, check=False)
    assert refused.returncode == 1
    assert "prometheus keeps ending" in refused.stderr
    assert "What to do" in refused.stderr
    assert not any(part.alive for part in StackState.read(home).parts)
