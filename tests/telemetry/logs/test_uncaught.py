"""What Python would print on standard error is a line like any other, without values in clear."""

import asyncio
import gc
import json
import logging
import subprocess
import sys
import threading
import warnings

import pytest

from telemetry import TelemetrySettings, start
from telemetry.context import bound
from telemetry.logs import get_logger
from telemetry.logs._bounded import LONGEST_LINE

SECRET = "pv_4f9d2c7a8b1e6035d4c2a1908f7e6b5d"


def fails(*_):
    prompt = "a very private prompt"
    raise ValueError(f"{len(prompt)} {SECRET}")


def shown(line):
    assert SECRET not in json.dumps(line)
    assert "private" not in json.dumps(line)
    return line["exception"][-1]["frames"][-1]["name"]


def test_an_exception_in_a_thread(telemetry, lines):
    thread = threading.Thread(target=fails, name="poller")
    thread.start()
    thread.join()
    (line,) = lines()
    assert (line["event"], line["thread"], line["error_type"]) == ("thread.uncaught_exception", "poller", "ValueError")
    assert shown(line) == "fails"


async def test_an_exception_of_a_task_that_nobody_awaited(telemetry, lines):
    async def task():
        fails()

    waiting = asyncio.create_task(task())
    await asyncio.sleep(0)
    del waiting
    gc.collect()
    line = next(line for line in lines() if line["logger"] == "asyncio")
    assert line["event"].startswith("Task exception was never retrieved")
    assert shown(line) == "fails"


@pytest.mark.filterwarnings("default")
def test_a_warning(telemetry, lines):
    with pytest.warns(UserWarning, match="seen"):
        warnings.warn("seen by who asks for it", stacklevel=1)
    warnings.showwarning(UserWarning(f"old {SECRET}"), UserWarning, "shop.py", 7)
    (line,) = lines()
    assert (line["event"], line["message"]) == ("python.warning", "old pv_[redacted]")
    assert (line["category"], line["filename"], line["lineno"]) == ("UserWarning", "shop.py", 7)


def test_an_exception_that_cannot_be_raised(telemetry, lines):
    class Bad:
        def __del__(self):
            fails()

    Bad()
    gc.collect()
    (line,) = lines()
    assert line["event"] == "python.unraisable_exception"
    assert shown(line) == "fails"


def test_an_exception_that_ends_the_process():
    code = f"""if True:
        from fastapi import FastAPI
        from telemetry import instrument
        instrument(FastAPI())
        def fails():
            prompt = "a very private prompt"
            raise ValueError("{SECRET}")
        fails()
    """
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "")
    line = json.loads(done.stdout.splitlines()[-1])
    assert (line["event"], line["level"]) == ("process.uncaught_exception", "critical")
    assert shown(line) == "fails"


def test_all_hooks_are_given_back():
    places = [(sys, "excepthook"), (sys, "unraisablehook"), (threading, "excepthook"), (warnings, "showwarning")]
    before = [getattr(*place) for place in places]
    with start(TelemetrySettings()), start(TelemetrySettings()):
        assert all(getattr(*place) is not hook for place, hook in zip(places, before, strict=True))
    assert [getattr(*place) for place in places] == before


class Hostile(Exception):  # noqa: N818
    def __str__(self):
        raise RuntimeError("no")


def test_a_line_that_cannot_be_made_is_replaced_by_one_that_says_so(registry, lines, capsys):
    with start(TelemetrySettings(), registry=registry):  # here, as pytest's own handler would raise
        logging.getLogger("lib").error("%d apples", f"not a number {SECRET}")
        logging.getLogger("lib").error("%s", Hostile())
        get_logger("shop").error("it.failed", exc_info=Hostile())
    out, err = capsys.readouterr()
    first, second, third = map(json.loads, out.splitlines())
    assert (first["event"], first["lost"], first["error_type"]) == ("log.line_failed", "%d apples", "TypeError")
    assert second["error_type"] == "RuntimeError"
    assert third["event"] in ("it.failed", "log.line_failed")
    assert registry.get_sample_value("telemetry_internal_errors_total", {"part": "logs"}) >= 2
    assert err == ""


def deep(levels):
    if levels:
        deep(levels - 1)
    raise ValueError("x" * 1_000_000)


def chained(length):
    try:
        deep(100)
    except ValueError as error:
        if length:
            try:
                chained(length - 1)
            except ValueError as inner:
                raise ValueError("y" * 10_000) from inner
        raise ValueError("z" * 10_000) from error


@pytest.mark.parametrize("size", [0, 20])
def test_a_line_is_bounded_and_valid_whatever_a_traceback_holds(telemetry, capsys, size):
    try:
        chained(size)
    except ValueError:
        logging.getLogger("lib").exception("it failed", extra={"blob": "b" * 1_000_000, "many": list(range(100_000))})
    (line,) = capsys.readouterr().out.splitlines()
    assert len(line) <= LONGEST_LINE
    fields = json.loads(line)
    assert fields["event"] == "it failed"


def test_a_group_of_exceptions_is_bounded_too(telemetry, capsys):
    group = ExceptionGroup("many", [ExceptionGroup(f"g{n}", [ValueError("v" * 5000)] * 50) for n in range(50)])
    get_logger("shop").error("it.failed", exc_info=group)
    (line,) = capsys.readouterr().out.splitlines()
    assert len(line) <= LONGEST_LINE
    assert json.loads(line)["event"] == "it.failed"


def test_uvicorns_own_lines_have_the_ids_of_the_request(telemetry, lines):
    with telemetry.tracer.start_as_current_span("work"), bound(request_id="r-1", customer="acme"):
        logging.getLogger("uvicorn.error").warning("invalid")
    (line,) = lines()
    assert (line["request_id"], line["customer"], len(line["trace_id"]), len(line["span_id"])) == (
        "r-1",
        "acme",
        32,
        16,
    )
