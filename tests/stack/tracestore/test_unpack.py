import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stack.native.tracestore.errors import BadBody, TooLarge, UnsupportedMedia
from stack.native.tracestore.unpack import unpack


@given(st.binary(max_size=5000))
def test_what_was_packed_comes_back(content):
    assert unpack(gzip.compress(content), "gzip", 5000) == content
    assert unpack(zlib.compress(content), "deflate", 5000) == content
    assert unpack(content, "identity", 5000) == content


def test_gzip_of_several_members_is_one_body():
    assert unpack(gzip.compress(b"one ") + gzip.compress(b"two"), "gzip", 100) == b"one two"


def test_limit_is_the_last_size_that_passes():
    assert len(unpack(gzip.compress(b"x" * 1000), "gzip", 1000)) == 1000
    with pytest.raises(TooLarge, match="999"):
        unpack(gzip.compress(b"x" * 1000), "gzip", 999)


def test_bomb_costs_no_more_memory_than_the_limit():
    bomb = gzip.compress(b"\0" * 200_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            unpack(bomb, "gzip", 1_000_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000


@given(st.binary(min_size=1, max_size=200))
def test_garbage_is_refused_and_nothing_else_raised(content):
    with pytest.raises((BadBody, TooLarge)):
        unpack(b"\x00" + content, "gzip", 100)


def test_unknown_encoding_is_named():
    with pytest.raises(UnsupportedMedia, match="'br'"):
        unpack(b"", "br", 100)
