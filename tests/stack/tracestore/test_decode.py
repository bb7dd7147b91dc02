import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stack.native.tracestore.decode import decode, media_type
from stack.native.tracestore.errors import BadBody, UnsupportedMedia
from stack.native.tracestore.rows import batch

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize("text", ["application/x-protobuf", "Application/X-Protobuf; charset=utf-8"])
def test_content_type_is_read_whatever_its_case_and_parameters(text):
    assert media_type(text) == "application/x-protobuf"


def test_other_content_types_are_named():
    with pytest.raises(UnsupportedMedia, match="'text/plain'"):
        media_type("text/plain")


@given(st.binary(max_size=300))
def test_any_bytes_are_decoded_or_refused(body):
    for media in ("application/x-protobuf", "application/json"):
        with suppress(BadBody):
            batch(decode(body, media), 10_000)


@given(JSON_VALUES)
def test_any_json_in_place_of_spans_is_decoded_or_refused(junk):
    for body in (
        {"resourceSpans": junk},
        {"resourceSpans": [{"scopeSpans": junk}]},
        {"resourceSpans": [{"resource": junk, "scopeSpans": [{"spans": junk}]}]},
        {"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": junk, "links": junk, "attributes": junk}]}]}]},
    ):
        with suppress(BadBody):
            batch(decode(json.dumps(body).encode(), "application/json"), 10_000)


def test_id_that_is_not_hex_is_named():
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "zz"}]}]}]}
    with pytest.raises(BadBody, match="traceId is 'zz'"):
        decode(json.dumps(body).encode(), "application/json")
