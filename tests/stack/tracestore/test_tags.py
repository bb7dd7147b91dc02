from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from stack.native.tracestore.tags import encodings, has
from stack.native.tracestore.values import as_text

SCALARS = (
    st.builds(lambda text: AnyValue(string_value=text), st.text())
    | st.builds(lambda flag: AnyValue(bool_value=flag), st.booleans())
    | st.builds(lambda number: AnyValue(int_value=number), st.integers(-(2**63), 2**63 - 1))
    | st.builds(lambda number: AnyValue(double_value=number), st.floats(allow_nan=False))
    | st.builds(lambda raw: AnyValue(bytes_value=raw), st.binary())
)


def _array(items):
    made = AnyValue()
    made.array_value.values.extend(items)
    return made


@given(st.text(min_size=1), SCALARS | st.builds(_array, st.lists(SCALARS, max_size=3)))
def test_filter_on_bytes_never_misses_what_the_exact_check_finds(key, value):
    """The first is the index that SQLite walks, the second what decides: the first must let through all of the second."""
    attribute = KeyValue(key=key, value=value)
    text = as_text(value)
    assert has([attribute], key, text)
    span = Span(name="x", attributes=[KeyValue(key="other"), attribute])
    event = Span(events=[Span.Event(name="e", attributes=[attribute])])
    for payload in (span.SerializeToString(), event.SerializeToString()):
        assert any(candidate in payload for candidate in encodings(key, text))


@given(st.text(), SCALARS, st.text())
def test_other_text_does_not_match(key, value, text):
    if text != as_text(value) and value.WhichOneof("value") != "double_value":
        assert not has([KeyValue(key=key, value=value)], key, text)
