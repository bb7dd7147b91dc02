"""What runs in a pool of threads belongs to the request that sent it there."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from telemetry import TelemetrySettings, start
from telemetry.context import bound, current_request_id, current_trace_id


@pytest.fixture
def pool():
    with ThreadPoolExecutor(1) as pool:
        yield pool


def ids():
    return current_trace_id(), current_request_id()


async def test_trace_and_request_reach_threads_and_leave_no_trace_in_them(telemetry, pool):
    with telemetry.tracer.start_as_current_span("work"), bound(request_id="r-1"):
        here = ids()
        assert here[1] == "r-1"
        assert pool.submit(ids).result() == here
        assert await asyncio.get_running_loop().run_in_executor(None, ids) == here
        assert await asyncio.to_thread(ids) == here
        assert list(pool.map(lambda _: ids(), range(2))) == [here, here]
    assert pool.submit(ids).result() == (None, None)


def test_arguments_results_and_exceptions_pass(telemetry, pool):
    with bound(request_id="r-1"):
        assert pool.submit(dict, [("a", 1)], b=2).result() == {"a": 1, "b": 2}
        with pytest.raises(ZeroDivisionError):
            pool.submit(divmod, 1, 0).result()


def test_the_class_is_as_it_was_afterwards():
    before = ThreadPoolExecutor.submit
    with start(TelemetrySettings()):
        assert ThreadPoolExecutor.submit is not before
        with start(TelemetrySettings()):
            pass
        assert ThreadPoolExecutor.submit is not before
    assert ThreadPoolExecutor.submit is before
