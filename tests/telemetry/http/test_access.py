"""The access line made by hand against the one that `Logs.access` makes."""

import io
import json
import logging
from contextlib import redirect_stdout

from hypothesis import given
from hypothesis import strategies as st

from telemetry import TelemetrySettings, logs
from telemetry.context import SCOPE, Scope
from telemetry.http._access import AccessLines

ADDED = st.dictionaries(st.sampled_from(["customer", "job_id", "path", 'a"b']), st.text(max_size=20) | st.integers())


@given(path=st.text(max_size=30), route=st.text(max_size=10), added=ADDED, level=st.sampled_from([20, 40]))
def test_line_made_by_hand_has_the_same_fields(path, route, added, level):
    line = {"method": "GET", "route": route, "path": path, "status": 200, "outcome": "completed"}
    line |= {"duration_seconds": 1e-06, "request_bytes": 0, "response_bytes": 12}
    settings, fields, out = TelemetrySettings(service_name='a "shop"'), Scope("r-1"), io.StringIO()
    fields.fields = added
    with redirect_stdout(out), logs.opened(settings) as opened:
        token = SCOPE.set(fields)
        AccessLines(settings, opened).write(level, fields, None, line)
        opened.access(level, line)
        SCOPE.reset(token)
    ours, theirs = (json.loads(text) for text in out.getvalue().splitlines())
    assert len(ours.pop("timestamp")) == len(theirs.pop("timestamp"))
    assert list(ours.items()) == list(theirs.items())


def test_level_that_is_not_written_costs_no_line():
    settings, out = TelemetrySettings(log_level="WARNING"), io.StringIO()
    with redirect_stdout(out), logs.opened(settings) as opened:
        AccessLines(settings, opened).write(logging.INFO, Scope("r-1"), None, {})
    assert out.getvalue() == ""
