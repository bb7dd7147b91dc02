"""The daily report from real log lines, as files, rotated, compressed and on standard input."""

import gzip
import io
import json
import math
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stack.report import Day, SourceUnreadable, Window, as_json, lines, rotated
from stack.report.durations import Durations
from stack.report.tables import OTHER, Table, pattern
from telemetry import TelemetrySettings
from telemetry.logs import get_logger
from telemetry.logs._setup import opened

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ALL = Window(None, ZoneInfo("UTC"))


def line(event: str = "http.request", when: datetime = NOON, level: str = "info", **fields: object) -> bytes:
    stamp = when.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    head = {"timestamp": stamp, "level": level, "event": event, "logger": "x", "service": "api"}
    return json.dumps(head | fields, separators=(",", ":")).encode() + b"\n"


def request(route: str = "/jobs", status: int = 200, seconds: float = 0.01, **fields: object) -> bytes:
    facts = {"method": "GET", "route": route, "status": status, "outcome": "completed", "duration_seconds": seconds}
    return line(**(facts | fields))


def report(*found: bytes, window: Window = ALL) -> dict[str, object]:
    day = Day(window)
    for one in found:
        day.add(one)
    return as_json(day, 100)


def test_requests_are_counted_by_status_route_and_customer() -> None:
    found = report(
        request(customer="ada"),
        request(customer="ada", status=503),
        request(route="/slow", seconds=2.0),
        request(status=404),
        request(status=499, outcome="disconnected"),
    )
    assert found["requests"] == {"count": 5, "disconnected": 1, "by_status": {"200": 2, "404": 1, "499": 1, "503": 1}}
    slowest, jobs = found["routes"]
    assert (slowest["route"], slowest["requests"]) == ("GET /slow", 1)
    assert slowest["p99_seconds"] == pytest.approx(2.0, rel=0.011)
    assert (jobs["failed"], jobs["refused"]) == (1, 2)
    assert found["customers"][0] == {
        "customer": "no customer", "requests": 3, "failed": 0, "jobs": 0, "gpu_seconds": 0.0, "cost_usd": 0.0,
        "unpriced_gpu_seconds": 0.0,
    }  # fmt: skip


def test_jobs_add_up_to_cost_by_customer_outcome_and_device() -> None:
    job = {"outcome": "succeeded", "device": "gpu", "gpu_seconds": 2.0, "cost_usd": 0.5, "output_seconds": 5.0}
    found = report(
        line("job.finished", customer="ada", **job),
        line("job.finished", customer="bob", **(job | {"cost_usd": 0.75})),
        line("job.finished", customer="bob", **(job | {"outcome": "failed", "output_seconds": None, "cost_usd": None})),
    )
    assert found["cost_usd"] == 1.25
    assert found["jobs"]["succeeded"] == {
        "count": 2, "gpu_seconds": 4.0, "cost_usd": 1.25, "unpriced_gpu_seconds": 0.0, "output_seconds": 10.0,
    }  # fmt: skip
    assert [found["jobs"]["failed"][name] for name in ("cost_usd", "unpriced_gpu_seconds")] == [0.0, 2.0]
    assert [row["unpriced_gpu_seconds"] for row in found["customers"]] == [2.0, 0.0]
    assert found["devices"]["gpu"]["count"] == 3
    assert [(row["customer"], row["cost_usd"]) for row in found["customers"]] == [("bob", 0.75), ("ada", 0.5)]


SUMMARY = {
    "date": "2026-11-21",
    "time_zone": "Europe/Amsterdam",
    "paid_usd": 11.79,
    "paid_usd_by_kind": {"job": 6.04, "idle": 5.75},
    "unpriced_device_seconds": 0.0,
    "budget_usd": 10.0,
    "joules": None,
}


def test_summary_of_the_day_is_found_where_it_was_written_after_it() -> None:
    window = Window(date(2026, 11, 21), ZoneInfo("Europe/Amsterdam"))
    later = datetime(2026, 11, 21, 23, 1, tzinfo=UTC)
    others = ({"date": "2026-11-20"}, {"time_zone": "UTC"}, {"paid_usd": "x"})
    found = report(
        request(when=later - timedelta(hours=5)),
        line("day.summary", when=later, **SUMMARY),
        *(line("day.summary", when=later, **(SUMMARY | other)) for other in others),
        window=window,
    )
    assert found["ledger"]["paid_usd"] == 11.79
    assert found["ledger"]["by_kind"] == {"job": 6.04, "idle": 5.75}
    assert (found["lines"], found["unreadable_lines"]) == (1, 1)


def test_errors_that_differ_by_ids_and_numbers_only_are_one_pattern() -> None:
    texts = [
        "job 0f8fad5b-d9cb-469f-a165-70867728950e failed after 3 s",
        "job 7c9e6679-7425-40de-944b-e07fc1f90ae7 failed after 12.5 s",
    ]
    found = report(*(line("worker.broke", level="error", error=text, trace_id="t1") for text in texts))
    assert [(row["pattern"], row["count"]) for row in found["errors"]] == [("worker.broke: job # failed after # s", 2)]


def test_a_line_that_stands_for_repeated_ones_counts_for_all_of_them() -> None:
    found = report(line("gpu.lost", level="warning", repeated=41))
    assert found["errors"][0]["count"] == 42


def test_an_exception_as_the_service_logs_it_is_told_by_class_and_text(tmp_path: Path) -> None:
    stream = io.StringIO()
    with opened(TelemetrySettings(_env_file=None), stream):
        try:
            int("holiday 17")
        except ValueError:
            get_logger("x").exception("job.run_failed")
    found = report(*stream.getvalue().encode().splitlines(keepends=True))
    assert found["errors"][0]["pattern"] == "job.run_failed: ValueError: invalid literal for int() with base #: '#'"


def test_a_day_is_one_of_the_time_zone_also_where_clocks_change() -> None:
    window = Window(date(2026, 10, 25), ZoneInfo("Europe/Amsterdam"))  # a day of 25 hours
    first = datetime(2026, 10, 24, 22, tzinfo=UTC)
    last = datetime(2026, 10, 25, 22, 59, 59, 999999, tzinfo=UTC)
    before, after = datetime(2026, 10, 24, 21, 59, 59, 999999, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)
    found = report(*(request(when=moment) for moment in (before, first, last, after)), window=window)
    assert found["requests"]["count"] == 2


@pytest.mark.parametrize(
    "damaged",
    [b"plain text\n", b"{}\n", request()[:80] + b"\n", line(status="x"), b'{"timestamp":"2026', line("job.finished")],
    ids=["text", "empty object", "cut off", "wrong type", "cut in the head", "fields missing"],
)
def test_a_line_that_cannot_be_read_is_counted_and_the_rest_is_reported(damaged: bytes) -> None:
    found = report(request(), damaged, request())
    assert (found["requests"]["count"], found["unreadable_lines"]) == (2, 1)


def test_rotated_and_compressed_files_are_read_oldest_first(tmp_path: Path) -> None:
    current = tmp_path / "api.log"
    current.write_bytes(b"4\n")
    (tmp_path / "api.log.1").write_bytes(b"3\n")
    (tmp_path / "api.log.2.gz").write_bytes(gzip.compress(b"2\n"))
    (tmp_path / "api.log-20261120.gz").write_bytes(gzip.compress(b"1\n"))
    (tmp_path / "api.logic").write_bytes(b"no log\n")
    for age, name in enumerate(["api.log", "api.log.1", "api.log.2.gz", "api.log-20261120.gz"]):
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    assert list(lines(rotated(current))) == [b"1\n", b"2\n", b"3\n", b"4\n"]


@pytest.mark.parametrize("make", [lambda good: good[:-12], lambda good: good[:30] + b"\xff\xff\xff" + good[33:]])
def test_a_damaged_archive_is_named(tmp_path: Path, make: object) -> None:
    archive = tmp_path / "api.log.gz"
    archive.write_bytes(make(gzip.compress(os.urandom(4000))))
    with pytest.raises(SourceUnreadable, match=r"api\.log\.gz cannot be read"):
        list(lines([archive]))


@given(st.lists(st.floats(1e-6, 1e5), min_size=1, max_size=200), st.sampled_from([0.0, 0.5, 0.95, 0.99, 1.0]))
def test_a_quantile_is_within_one_percent_of_the_exact_one(values: list[float], share: float) -> None:
    durations = Durations()
    for value in values:
        durations.add(value)
    exact = sorted(values)[max(1, math.ceil(share * len(values))) - 1]
    assert durations.quantile(share) == pytest.approx(exact, rel=0.0101)


@given(st.lists(st.text(max_size=3)), st.integers(1, 5))
def test_a_table_is_bounded_and_loses_no_count(keys: list[str], bound: int) -> None:
    table: Table[list[int]] = Table(list, bound)
    for key in keys:
        table[key].append(1)
    assert len(table) <= bound + 1
    assert sum(len(row) for _, row in table.top(len)) == len(keys)
    assert all(key in keys or key == OTHER for key, _ in table.top(len))


@given(st.text())
def test_a_pattern_has_a_bound_and_is_stable(text: str) -> None:
    assert len(pattern(text)) <= 160
    assert pattern(pattern(text)) == pattern(text)


def test_the_command_reads_standard_input_and_prints_the_day(tmp_path: Path) -> None:
    unpriced = {"outcome": "succeeded", "gpu_seconds": 90.0, "cost_usd": None}
    text = request(customer="ada") + line("worker.broke", level="error", error="no space left")
    text += line("job.finished", customer="bob", **unpriced)
    done = _command("--day", "2026-11-22", "-", standard_input=gzip.compress(text))
    assert done.returncode == 0, done.stderr
    shown = done.stdout.decode()
    for expected in ("Sunday 22 November 2026 (UTC): 3 lines", "GET /jobs", "ada", "worker.broke: no space left"):
        assert expected in shown
    (bob,) = [each for each in shown.splitlines() if "bob" in each]
    assert bob.endswith("1 min 30 s   unknown")


def test_the_command_says_so_when_nothing_was_logged_that_day() -> None:
    done = _command("--day", "2020-01-01", "-", standard_input=request())
    assert "Nothing was logged then." in done.stdout.decode()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--day", "22.11.2026", "-"], "'22.11.2026' is no day: write it as 2026-11-22"),
        (["--timezone", "Mars/Olympus", "-"], "'Mars/Olympus' is not known here"),
        (["missing.log"], "missing.log cannot be read: No such file"),
        (["/"], "/ cannot be read: Is a directory"),
    ],
)
def test_wrong_arguments_are_named(arguments: list[str], told: str) -> None:
    done = _command(*arguments)
    assert done.returncode in {1, 2}
    assert told in done.stderr.decode().replace("\n", "")


@pytest.mark.slow
def test_memory_does_not_grow_with_the_log(tmp_path: Path) -> None:
    """Each line has a customer, a route and an error text of its own: the worst that a log can hold."""
    flood = tmp_path / "api.log"
    with flood.open("wb") as file:
        for number in range(150_000):
            name = f"x{number:x}y"
            file.write(request(route=f"/{name}", customer=name, seconds=number / 1000))
            file.write(line("broke", level="error", error=name))
    done = _command("--day", "all", "--json", str(flood), wrapper=_PEAK)
    found = json.loads(done.stdout)
    assert found["requests"]["count"] == 150_000
    assert int(done.stderr.splitlines()[-1]) < 200 * 1024


_PEAK = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(done.returncode)
"""


def _command(*arguments: str, standard_input: bytes = b"", wrapper: str = "") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "stack.cli", "report", *arguments]
    if wrapper:
        command = [sys.executable, "-c", wrapper, *command]
    environment = os.environ | {"COLUMNS": "200"}
    return subprocess.run(command, input=standard_input, capture_output=True, check=False, env=environment)
