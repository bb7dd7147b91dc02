"""A storm of one error is a few lines and a count; nothing that is new is held back."""

import io
import json
import logging
import threading

import pytest
from prometheus_client import CollectorRegistry

from telemetry import TelemetrySettings, start
from telemetry.context import bound
from telemetry.logs import get_logger, opened
from telemetry.logs._repeats import Repeats

log = logging.getLogger("a.library")


@pytest.fixture
def counted(registry, lines):
    with start(TelemetrySettings(log_repeats=3), registry=registry) as telemetry:
        yield telemetry


def value(telemetry, name, level):
    return telemetry.registry.get_sample_value(name, {"level": level})


def test_what_comes_too_often_is_counted_in_one_line(lines, registry):
    with start(TelemetrySettings(log_repeats=3), registry=registry) as telemetry:
        for number in range(1000):
            with bound(request_id=f"r-{number}"):
                log.error("disk %s is full", "a")
        assert value(telemetry, "telemetry_log_lines_suppressed_total", "error") == 997
        assert [line["request_id"] for line in lines()] == ["r-0", "r-1", "r-2"]
    (line,) = lines()
    assert (line["event"], line["level"], line["logger"], line["repeated"]) == (
        "disk %s is full",
        "error",
        "a.library",
        997,
    )
    assert "request_id" not in line
    assert value(telemetry, "log_lines_total", "error") == 4


def fail(kind, text):
    raise kind(text)


def test_exceptions_of_other_kinds_and_places_are_others(counted, lines):
    def elsewhere():
        raise ValueError("x")

    ours = get_logger("shop")
    for _ in range(5):
        for cause in (lambda: fail(ValueError, "x"), lambda: fail(KeyError, "x"), elsewhere):
            try:
                cause()
            except Exception as error:
                ours.error("it.failed", exc_info=error)
                log.exception("it failed")
    assert len(lines()) == 3 * 3 * 2


def test_other_events_levels_and_loggers_are_others(counted, lines):
    for _ in range(10):
        log.error("a")
        log.error("b")
        log.warning("a")
        logging.getLogger("another").error("a")
        get_logger("a.library").error("c", error_type="x")
        get_logger("a.library").error("c", error_type="y")
    assert len(lines()) == 6 * 3


def test_lines_of_what_was_done_are_never_held_back(counted, lines):
    for _ in range(50):
        log.info("done")
        get_logger("shop").debug("unseen")
    assert len(lines()) == 50
    assert value(counted, "log_lines_total", "info") == 50
    assert value(counted, "log_lines_total", "debug") == 0


def test_zero_writes_all(lines):
    with start(TelemetrySettings(log_repeats=0)):
        for _ in range(50):
            log.error("a")
    assert len(lines()) == 50


class Kept(logging.Handler):
    def __init__(self):
        super().__init__()
        self.told = []
        self.came = threading.Event()

    def emit(self, record):
        self.told.append((record.getMessage(), getattr(record, "repeated", None)))
        self.came.set()


@pytest.fixture
def storm():
    """Give a handler with a filter whose clock stands still until it is told."""
    now, handler = [0.0], Kept()
    repeats = Repeats(2, handler, lambda _: None, lambda: now[0])
    handler.addFilter(repeats)
    yield now, handler, repeats
    repeats.close()


def said(handler, text, times=1):
    for _ in range(times):
        handler.handle(logging.makeLogRecord({"name": "x", "levelno": 40, "levelname": "ERROR", "msg": text}))


def test_a_new_minute_begins_with_what_the_last_one_held_back(storm):
    now, handler, _ = storm
    said(handler, "a", 5)
    now[0] = 61
    said(handler, "a", 3)
    assert handler.told == [("a", None), ("a", None), ("a", 3), ("a", None), ("a", None)]


def test_a_storm_that_has_ended_is_told_when_its_minute_is_over(storm):
    now, handler, repeats = storm
    said(handler, "a", 5)
    now[0] = 30
    said(handler, "b", 4)
    repeats.tell_due(now[0])
    assert ("a", 3) not in handler.told
    repeats.tell_due(61)
    assert handler.told[-1] == ("a", 3)
    handler.came.clear()
    now[0] = 200  # the rest is told by the thread that waits for it
    repeats.tell_due(89.9)
    assert handler.came.wait(5)
    assert handler.told[-1] == ("b", 2)


def test_kinds_without_number_take_no_memory_without_bound(storm):
    _, handler, repeats = storm
    said(handler, "first", 10)
    for number in range(3000):
        said(handler, f"message {number}")
    assert ("first", 8) in handler.told
    assert len(repeats._windows) == 1000


def test_families_are_not_needed():
    stream = io.StringIO()
    with opened(TelemetrySettings(log_repeats=1), stream):
        log.error("a")
        log.error("a")
    assert [json.loads(line).get("repeated") for line in stream.getvalue().splitlines()] == [None, 1]


def test_levels_of_an_apps_own_are_counted_as_other(registry, lines):
    with start(TelemetrySettings(), registry=CollectorRegistry()) as telemetry:
        logging.addLevelName(25, "NOTICE")
        log.log(25, "so")
    assert value(telemetry, "log_lines_total", "other") == 1
    assert lines()[0]["level"] == "notice"
