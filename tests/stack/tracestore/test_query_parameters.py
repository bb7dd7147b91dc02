import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stack.native.tracestore.errors import BadQuery
from stack.native.tracestore.query_parameters import go_duration, instant, tags, trace_id, whole


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("1.2s", 1_200_000_000),
        ("100ms", 100_000_000),
        ("500us", 500_000),
        ("500µs", 500_000),
        ("7ns", 7),
        ("1h30m", 5_400_000_000_000),
        (".5s", 500_000_000),
        ("0", 0),
        ("", 0),
    ],
)
def test_go_durations(text, nanoseconds):
    assert go_duration("minDuration", text) == nanoseconds


@pytest.mark.parametrize("text", ["1", "s", "1 s", "1d", "-1s", "1s2", "abc", "1.2.3s"])
def test_what_is_no_duration_is_refused_by_name(text):
    with pytest.raises(BadQuery, match="minDuration"):
        go_duration("minDuration", text)


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("1970-01-01T00:00:01Z", 10**9),
        ("1970-01-01T00:00:00.000000001Z", 1),
        ("1970-01-01T02:00:00.5+02:00", 5 * 10**8),
        ("1970-01-01t00:00:00z", 0),
    ],
)
def test_instants_to_the_nanosecond(text, nanoseconds):
    assert instant("query.startTimeMin", text) == nanoseconds


@pytest.mark.parametrize("text", ["now", "1970-01-01", "1970-13-01T00:00:00Z", "1970-01-01T00:00:00", "12345"])
def test_what_is_no_instant_is_refused_by_name(text):
    with pytest.raises(BadQuery, match=r"query\.startTimeMin"):
        instant("query.startTimeMin", text)


@given(st.binary(min_size=16, max_size=16))
def test_trace_id_in_hex_without_leading_zeros_and_in_base64(raw):
    assert trace_id(raw.hex()) == raw
    assert trace_id(raw.hex().upper()) == raw
    assert trace_id(raw.hex().lstrip("0") or "0") == raw
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        assert trace_id(encode(raw).decode()) == raw


@pytest.mark.parametrize("text", ["", "xyz", "0" * 33, "not/an/id", "🙂"])
def test_what_is_no_trace_id_is_refused(text):
    with pytest.raises(BadQuery, match="trace id"):
        trace_id(text)


def test_tags_of_both_forms_come_together():
    assert tags(["a:b", "url:http://x:1"], ['{"c": "d"}']) == {"a": "b", "url": "http://x:1", "c": "d"}


@pytest.mark.parametrize(("simple", "maps"), [(["a"], []), ([], ["{"]), ([], ["[]"]), ([], ['{"a": 1}'])])
def test_malformed_tags_are_refused(simple, maps):
    with pytest.raises(BadQuery, match=r"malformed 'tags?' parameter"):
        tags(simple, maps)


def test_whole_number_or_its_default():
    assert (whole("limit", "", 7), whole("limit", "-3", 7)) == (7, -3)
    with pytest.raises(BadQuery, match="limit"):
        whole("limit", "many", 7)


def test_duration_without_end_is_the_longest_there_is():
    assert go_duration("minDuration", "9" * 400 + "s") <= 2**63 - 1
    assert go_duration("minDuration", "9" * 400 + "s") > 2**62


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_instant_far_away_still_fits_the_store(text):
    assert abs(instant("start", text)) < 2**63


@pytest.mark.parametrize("text", ["[" * 100_000, '{"key": "\\ud800"}', '{"\\ud800": "value"}'])
def test_map_that_cannot_be_read_is_refused(text):
    with pytest.raises(BadQuery, match="tags"):
        tags([], [text])
