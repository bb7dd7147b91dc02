"""The commands that need no running stack."""

import contextlib
import os
import re
import shlex
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
import typer

from stack.cli import checks, keys_given, output, welcome
from stack.cli.checks import STEPS, Outcome, Step, _conclude, _steps
from stack.cli.log_lines import Line
from stack.cli.status import _rows
from stack.cli.watch import TerminalWatcher
from stack.native.ports import Ports
from stack.native.state import PartStatus, StackState
from stack.paths import PROJECT, Home

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home").create()


@pytest.fixture
def plainview(home):
    """Runs the command line in a home of its own, without a Docker engine."""

    def call(*words, **variables):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PLAINVIEW_", "OTEL_"))}
        environment = kept | {"PLAINVIEW_HOME": str(home.root), "DOCKER_HOST": "unix:///nonexistent", "COLUMNS": "160"}
        return subprocess.run(
            [sys.executable, "-m", "stack", *words],
            env=environment | {"NO_COLOR": "1"} | variables,
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )

    return call


def test_help_names_every_verb(plainview):
    text = plainview("--help").stdout
    for verb in [
        "up",
        "down",
        "status",
        "doctor",
        "logs",
        "sign-in",
        "keys",
        "jobs",
        "gpu",
        "drill",
        "dashboards",
        "alerts",
        "test",
    ]:
        assert re.search(rf"│ {verb} ", text), verb


def test_status_of_nothing_has_its_own_exit_code(plainview):
    done = plainview("status")
    assert (done.returncode, done.stderr.strip()) == (3, "Nothing is running.")


def test_down_of_nothing_is_fine(plainview):
    done = plainview("down")
    assert (done.returncode, done.stderr.strip()) == (0, "Nothing is running.")


def test_compose_without_an_engine_says_what_to_do(plainview):
    done = plainview("up", "--compose")
    assert done.returncode == 1
    assert "leave --compose out" in done.stderr


@pytest.mark.slow
def test_log_of_an_unknown_part_names_those_there_are(plainview, home):
    (home.logs / "api.log").write_text("one\ntwo [brackets]\n")
    done = plainview("logs", "apy")
    assert done.returncode == 2
    assert "'apy'" in done.stderr
    assert "api" in done.stderr
    assert plainview("logs", "api", "-n", "1").stdout == "two [brackets]\n"


def test_sign_in_without_a_console_says_so(plainview, home):
    (home.secrets / "console_token").write_text("of an earlier start")
    done = plainview("sign-in")
    assert (done.returncode, done.stdout) == (3, "")
    assert "nothing is running" in done.stderr
    assert "./plainview up" in done.stderr


def test_bare_command_shows_help_and_is_no_error(plainview):
    done = plainview()
    assert done.returncode == 0
    assert "sign-in" in done.stdout


def test_version_is_printed(plainview):
    assert re.fullmatch(r"plainview \d+\.\d+\.\d+\S*\n", plainview("--version").stdout)


def test_status_says_that_the_last_run_ended_unexpectedly(plainview, home):
    gone = PartStatus("supervisor", pid=os.getpid(), start_time=1)
    StackState(gone, Ports(), phase="ready").write(home)
    done = plainview("status")
    assert done.returncode == 3
    assert "ended unexpectedly, at about" in done.stderr


def test_wrong_settings_stop_the_start_before_anything_is_made(plainview, home):
    done = plainview(
        "up", PLAINVIEW_BUDGET_DAY_USD="abc", PLAINVIEW_GENERATOR="no.such:Class", PLAINVIEW_NOTIFY_URL="x"
    )
    assert done.returncode == 1
    assert "PLAINVIEW_BUDGET_DAY_USD='abc' is not allowed" in done.stderr
    assert "no module no.such" in done.stderr
    assert "did you mean PLAINVIEW_NOTIFY_URLS?" in done.stderr
    assert not list(home.logs.iterdir())


def test_offset_past_the_last_port_is_answered_with_the_range(plainview):
    done = plainview("up", "--port-offset", "60000")
    assert done.returncode == 1
    assert "a --port-offset may be from" in done.stderr


@pytest.mark.slow
def test_logs_of_all_parts_are_readable_and_by_time(plainview, home):
    (home.logs / "api.log").write_text(
        '{"timestamp":"2026-11-22T10:00:02Z","level":"info","event":"http.request","route":"/a b","status":200}\n'
        "Traceback: of the same moment\n"
    )
    (home.logs / "prometheus.log").write_text(
        'ts=2026-11-22T10:00:01.5Z caller=main.go level=warn msg="one"\nts=2026-11-22T10:00:03Z level=info msg="three"\n'
    )
    shown = [line.split(maxsplit=1)[1] if ":" in line[:3] else line.strip() for line in readable(plainview("logs"))]
    assert shown == [
        'prometheus WARN    caller=main.go msg="one"',
        'api        INFO    http.request route="/a b" status=200',
        "api                Traceback: of the same moment",
        'prometheus INFO    msg="three"',
    ]
    raw = plainview("logs", "--raw", "-n", "1").stdout
    assert raw == 'prometheus | ts=2026-11-22T10:00:03Z level=info msg="three"\n'
    assert plainview("logs", "api", "--raw", "-n", "2").stdout.startswith('{"timestamp"')


def readable(done):
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_sign_in_inside_the_container_reads_its_own_settings(plainview, tmp_path):
    (tmp_path / "token").write_text("a/b+c\n")
    variables = {
        "PLAINVIEW_CONSOLE_TOKEN_FILE": str(tmp_path / "token"),
        "PLAINVIEW_CONSOLE_URL": "https://gpu.example/",
    }
    assert plainview("sign-in", **variables).stdout == "https://gpu.example/sign-in?token=a%2Fb%2Bc\n"


def test_keys_without_a_database_say_what_to_do(plainview):
    done = plainview("keys", "list")
    assert done.returncode == 1
    assert "./plainview up" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("option", "value", "allowed"),
    [
        ("--role", "root", "admin"),
        ("--tier", "gold", "premium"),
        ("--expires", "soon", "30d"),
        ("--customer", "a/b", "customer"),
    ],
)
@pytest.mark.slow
def test_wrong_value_of_a_key_is_named_with_what_is_allowed(plainview, option, value, allowed):
    words = ["--customer", "acme", option, value] if option != "--customer" else [option, value]
    done = plainview("keys", "create", *words)
    assert done.returncode == 2
    assert option.strip("-") in done.stderr
    assert allowed in done.stderr


@pytest.mark.slow
def test_wrong_setting_is_named(plainview):
    done = plainview("keys", "list", PLAINVIEW_PORT="many")
    assert done.returncode != 0
    assert "PLAINVIEW_PORT" in done.stderr


def test_jobs_without_a_service_say_so(plainview):
    done = plainview("jobs", "list", PLAINVIEW_API_KEY="pv_x", PLAINVIEW_SERVICE_URL="http://127.0.0.1:9")
    assert done.returncode == 1
    assert "does not answer" in done.stderr


def test_drill_wants_one_name_or_all(plainview):
    assert plainview("drill").returncode == 2


def test_unwritable_home_is_named(plainview, tmp_path):
    (tmp_path / "file").touch()
    done = plainview("up", PLAINVIEW_HOME=str(tmp_path / "file" / "home"))
    assert done.returncode == 1
    assert f"cannot write to {tmp_path}/file/home" in done.stderr
    assert "PLAINVIEW_HOME" in done.stderr


@pytest.mark.slow
@pytest.mark.slow
def test_step_that_does_not_exist_is_answered_with_those_that_do(plainview):
    done = plainview("test", "--only", "nonsense")
    assert (done.returncode, "there are: ruff, format, mypy" in done.stderr) == (2, True)


def test_what_the_supervisor_says_in_its_log_has_its_time(home, capfd):
    TerminalWatcher(home, background=True).say("worker is ready again")
    line = Line.read("supervisor", capfd.readouterr().err.strip())
    assert line.when is not None
    assert line.readable().endswith("supervisor         worker is ready again")


@pytest.mark.slow
@pytest.mark.parametrize("words", [("usage",), ("jobs", "list")], ids=" ".join)
def test_question_to_a_service_that_does_not_run_says_so(plainview, words):
    done = plainview(*words)
    assert done.returncode == 1
    assert done.stderr.startswith("plainview: nothing is running here: ./plainview up starts it")


def test_doctor_looks_at_everything(plainview):
    text = plainview("doctor").stdout
    for subject in ("Python", "Packages", "Disk", "Memory", "Programs", "Ports", "GPU", "Clock"):
        assert subject in text
    assert "Network" not in text
    assert "nobody is told" in text
    assert "$10 a day (UTC) by the settings; ./plainview budgets shows what counts" in text


def test_doctor_names_taken_ports_wrong_settings_and_misspelt_ones(plainview):
    with contextlib.ExitStack() as sockets:
        with contextlib.suppress(OSError):  # then another test has it, which is as good
            sockets.enter_context(socket.create_server(("127.0.0.1", Ports().query)))
        text = plainview("doctor", PLAINVIEW_BUDGET_DAY_USD="abc", PLAINVIEW_NOTIFY_URL="x").stdout
    assert f"query: port {Ports().query} is taken by" in text
    assert "--port-offset" in text
    assert "PLAINVIEW_BUDGET_DAY_USD='abc'" in text
    assert "did you mean PLAINVIEW_NOTIFY_URLS?" in text
    assert not re.search(r"^ . [A-Z]\w+\s*$", text, re.MULTILINE), "a row without a fact"


def test_doctor_names_what_cannot_be_reached_and_secrets_that_others_can_read(plainview, home):
    secret = home.secrets / "console_token"
    secret.write_text("x")
    secret.chmod(0o644)
    done = plainview("doctor", OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9")
    assert done.returncode == 1
    assert f"chmod 600 {secret}" in done.stdout
    assert "OTEL_EXPORTER_OTLP_ENDPOINT: 127.0.0.1:9 cannot be reached" in done.stdout


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12h", timedelta(hours=12)),
        ("30d", timedelta(days=30)),
        ("8w", timedelta(weeks=8)),
        ("2026-11-22", timedelta(hours=12)),
        ("2026-11-21T15:00:00+02:00", timedelta(hours=1)),
    ],
)
def test_lifetime_is_a_time_or_a_date(text, expected):
    assert keys_given.until(text, NOW) == NOW + expected


@pytest.mark.parametrize("text", ["0d", "2020-01-01", "-1d", "d", ""])
def test_lifetime_that_is_none_is_refused(text):
    with pytest.raises(typer.Exit):
        keys_given.until(text, NOW)


@pytest.fixture
def ready(home):
    """A stack that has just been started for the first time."""
    (home.secrets / "console_token").write_text("token")
    (home.secrets / "first_api_key").write_text("pv_key\n")
    step = PartStatus("bootstrap", since=time.time())
    part = PartStatus("api", title="API", address="http://127.0.0.1:8000")
    return StackState(PartStatus("supervisor"), Ports(notifier=9), parts=[step, part])


def test_welcome_has_link_key_and_command(home, ready, capsys):
    welcome.welcome(home, ready)
    text = capsys.readouterr().out
    for fact in ("http://127.0.0.1:8000", "http://127.0.0.1:8080/sign-in?token=token", "Bearer pv_key", "-F image=@"):
        assert fact in text
    assert "administrator" in text
    assert "simulated" not in text


@pytest.mark.parametrize(("age", "again"), [(60, False), (0, True)], ids=["later start", "running already"])
def test_key_of_an_earlier_start_is_named_by_its_file(home, ready, capsys, age, again):
    made = time.time() - age
    os.utime(home.secrets / "first_api_key", (made, made))
    welcome.welcome(home, ready, again=again)
    text = capsys.readouterr().out
    assert "pv_key" not in text
    assert f"$(cat {home.secrets}/first_api_key)" in text


def test_printed_command_survives_folders_with_spaces_and_quotes(tmp_path, monkeypatch):
    samples = tmp_path / "it's a folder"
    samples.mkdir()
    monkeypatch.setattr(welcome, "SAMPLES", samples)
    key = tmp_path / "a key"
    key.write_text("pv_key")
    command = welcome.curl(f"$(cat {shlex.quote(str(key))})", "http://127.0.0.1:1").replace("curl", "printf '%s\\n'", 1)
    words = subprocess.check_output(["sh", "-c", command], text=True).splitlines()
    assert f"image=@{samples}/portrait.jpg" in words
    assert "Authorization: Bearer pv_key" in words


def test_welcome_says_that_nobody_needs_a_key(home, ready, capsys, monkeypatch):
    monkeypatch.setenv("PLAINVIEW_AUTH_REQUIRED", "False")
    welcome.welcome(home, ready)
    assert "Authentication is off" in capsys.readouterr().out


def test_welcome_without_a_first_key_says_how_to_make_one(home, capsys):
    (home.secrets / "console_token").write_text("token")
    welcome.welcome(home, StackState(PartStatus("supervisor"), Ports(notifier=9), demo=True))
    text = capsys.readouterr().out
    assert "keys create" in text
    assert "simulated" in text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59.9, "59 s"), (61, "1 min 1 s"), (7500, "2 h 5 min"), (90000, "1 d 1 h")]
)
def test_durations_read_well(seconds, text):
    assert output.duration(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 B"), (2048, "2 KiB"), (5 * 2**20, "5 MiB"), (1.5 * 2**30, "1.5 GiB")]
)
def test_sizes_read_well(number, text):
    assert output.size(number) == text


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        (0, "$0.00"),
        (3.7483e-05, "$0.00004"),
        (0.00031, "$0.0003"),
        (0.000995, "$0.001"),
        (0.00996, "$0.01"),
        (0.1205, "$0.12"),
        (12.5, "$12.50"),
    ],
)
def test_amounts_read_well(usd, text):
    assert output.money(usd) == text


def test_verdict_names_the_steps_that_failed(capsys):
    steps = [Outcome(Step("format", ()), 1, 2.0), Outcome(Step("mypy", ()), 0, 3.0), Outcome(Step("ruff", ()), 2, 0.1)]
    _conclude(steps)
    assert capsys.readouterr().err.splitlines()[-1] == "FAILED: format, ruff (3 steps, 5 s)"
    _conclude(steps[1:2], "before pytest")
    assert capsys.readouterr().err.splitlines()[-1] == "PASSED before pytest (1 step, 3 s)"


def test_program_that_is_missing_fails_where_everything_is_wanted(monkeypatch):
    monkeypatch.setattr(checks, "_promtool", lambda: None)
    assert "promtool" in {step.name for step in _steps([], every=True)}
    assert "promtool" not in {step.name for step in _steps([], every=False)}
    assert checks._run(Step("promtool", ("promtool-is-not-here",))).code == 127


def test_pytest_runs_last_so_that_its_own_line_closes():
    names = [step.name for step in _steps(["-x"], every=True)]
    assert tuple(names) == STEPS
    assert names[-1] == "pytest"


def test_quick_run_leaves_out_what_is_slow_and_hands_on_extra_arguments():
    *_, quick = _steps(["-k", "name"], every=False)
    *_, whole = _steps([], every=True)
    assert "not slow and not docker and not gpu" in quick.command
    assert quick.command[-2:] == ("-k", "name")
    assert "-m" not in whole.command[3:]


def test_status_says_why_a_part_was_started_anew(home):
    part = PartStatus("worker", state="ready", renewed={"out of memory": 2, "leak": 1})
    state = StackState(PartStatus("supervisor"), Ports(), parts=[part])
    assert _rows(state, [part], {"worker": "ready"})[2][-1] == "started anew: out of memory 2, leak 1"
