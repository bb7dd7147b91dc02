import io
import json
import logging
from decimal import Decimal

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from telemetry import TelemetrySettings, annotate, start
from telemetry.catalog import Event
from telemetry.context import bound
from telemetry.logs import get_logger, opened
from telemetry.logs._render import json_line

_scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.decimals()
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers() | st.tuples(st.text()), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), _values))
def test_a_record_is_always_one_line_of_valid_json(fields):
    line = json_line(fields)
    assert len(line.splitlines()) == 1
    assert json.loads(line, parse_constant=pytest.fail).keys() == fields.keys()


@given(st.text(), st.text(), st.text())
def test_a_line_through_logging_is_one_line_of_valid_json_with_its_event(event, text, name):
    stream = io.StringIO()
    with opened(TelemetrySettings(), stream):
        get_logger("shop").info(event, text=text, name_=name, timestamp=text)
        logging.getLogger("shop").info("%s", text, extra={"more": name})
    first, second = stream.getvalue().split("\n")[:2]
    assert json.loads(first)["event"] == event or "redacted" in first
    assert json.loads(second)["more"] == name or "redacted" in second


class Hostile:
    def __str__(self):
        raise ValueError("no")


def test_values_that_cannot_be_shown_do_not_lose_the_line():
    cycle = {}
    cycle["self"] = cycle
    deep = []
    for _ in range(3000):
        deep = [deep]
    line = json.loads(json_line({"a": Hostile(), "b": cycle, "c": deep, "d": Decimal("0.1"), "e": float("nan")}))
    assert line["a"] == "<Hostile that cannot be shown: ValueError>"
    assert (line["d"], line["e"]) == ("0.1", "nan")


def test_every_line_begins_alike_and_ends_with_the_events_own(telemetry, lines):
    with telemetry.tracer.start_as_current_span("work") as span, bound(request_id="r-1", customer="acme"):
        get_logger("app.jobs").info(Event.JOB_STARTED, job_id="j-1", attempt=1)
    (line,) = lines()
    context = span.get_span_context()
    assert list(line) == [
        *("timestamp", "level", "event", "logger", "service", "pid"),
        *("request_id", "trace_id", "span_id", "customer", "job_id", "attempt"),
    ]
    assert line["trace_id"] == format(context.trace_id, "032x")
    assert line["span_id"] == format(context.span_id, "016x")
    assert (line["level"], line["event"], line["logger"], line["service"]) == (
        "info",
        "job.started",
        "app.jobs",
        "shop",
    )
    assert line["timestamp"].endswith("Z")


def test_standard_logging_and_structlog_share_the_shape(telemetry, lines):
    logging.getLogger("sqlalchemy.pool").warning("pool of %d is full", 5, extra={"pool": "main"})
    structlog.get_logger("own").info("hello", n=1)
    first, second = lines()
    assert (first["event"], first["level"], first["pool"]) == ("pool of 5 is full", "warning", "main")
    assert (second["event"], second["n"]) == ("hello", 1)


@pytest.mark.parametrize("name", ["uvicorn.error", "dbos"])
def test_libraries_with_handlers_of_their_own_are_taken_over_and_given_back(name, capsys):
    logger = logging.getLogger(name)
    own = logging.StreamHandler()
    logger.handlers, logger.propagate = [own], False
    try:
        with start(TelemetrySettings()):
            logger.warning("from a library")
        assert json.loads(capsys.readouterr().out)["logger"] == name
        assert logger.handlers == [own]
    finally:
        logger.handlers, logger.propagate = [], True


def test_level_and_handlers_are_given_back():
    root = logging.getLogger()
    before = (list(root.handlers), root.level, structlog.is_configured())
    with start(TelemetrySettings(log_level="DEBUG")):
        assert root.level == logging.DEBUG
    assert (root.handlers, root.level, structlog.is_configured()) == before


def test_lines_below_the_level_are_not_written(capsys):
    with start(TelemetrySettings(log_level="WARNING")):
        get_logger("shop").info("quiet")
        get_logger("shop").warning("loud")
    assert [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()] == ["loud"]


def test_traceback_is_data_without_local_variables(telemetry, lines):
    def fails():
        prompt = "a very private prompt"
        raise ValueError(len(prompt))

    try:
        fails()
    except ValueError:
        get_logger("shop").exception("it.failed")
        logging.getLogger("foreign").exception("it failed there")
    for line in lines():
        assert line["exception"][0]["exc_type"] == "ValueError"
        assert line["exception"][0]["frames"][-1]["name"] == "fails"
        assert "private" not in json.dumps(line)


def test_console_format_is_for_people(capsys):
    with start(TelemetrySettings(log_format="console")):
        get_logger("shop").info("it.happened", key="pv_0123456789abcdef0123")
    out = capsys.readouterr().out
    assert "it.happened" in out
    assert "pv_[redacted]" in out
    assert not out.startswith("{")


def test_annotate_outside_a_request_reaches_later_lines(telemetry, lines):
    with bound():
        annotate(customer="acme")
        get_logger("shop").info("one")
    get_logger("shop").info("two")
    first, second = lines()
    assert first["customer"] == "acme"
    assert "customer" not in second
