"""`gpu_work` around generators, tasks and threads."""

import asyncio
import contextvars
import threading

import pytest
from opentelemetry import trace

from telemetry import gpu_work
from telemetry.gpu import Device

CARD = Device("gpu", "NVIDIA L4", "GPU-1")


def current_span_name():
    return getattr(trace.get_current_span(), "name", None)


def seen(spans):
    return [(span.attributes["plainview.operation"], span.attributes["plainview.outcome"]) for span in spans.all()]


def test_generator_holds_the_device_until_it_is_exhausted(telemetry, spans):
    @gpu_work("stream")
    def stream(count):
        """Say numbers."""
        for number in range(count):
            got = yield number, current_span_name()
            assert got in (None, "more")
        return "end"

    assert stream.__doc__ == "Say numbers."
    values = stream(3)
    assert next(values) == (0, "gpu work")
    assert current_span_name() is None  # between two values whoever iterates is at work
    assert values.send("more") == (1, "gpu work")
    assert spans.all() == []
    assert next(values) == (2, "gpu work")
    with pytest.raises(StopIteration) as stop:
        next(values)
    assert stop.value.value == "end"
    assert seen(spans) == [("stream", "succeeded")]


def test_generator_that_is_closed_or_thrown_into_ends_its_work(telemetry, spans):
    closed = []

    @gpu_work("stream")
    def stream():
        try:
            while True:
                try:
                    yield 1
                except KeyError:
                    yield "caught"
        finally:
            closed.append(current_span_name())

    values = stream()
    next(values)
    assert values.throw(KeyError()) == "caught"
    with pytest.raises(ValueError, match="outside"):
        values.throw(ValueError("outside"))
    other = stream()
    next(other)
    other.close()
    assert seen(spans) == [("stream", "failed"), ("stream", "cancelled")]
    assert len(closed) == 2


async def test_async_generator_may_be_driven_from_several_tasks(telemetry, spans, lines):
    @gpu_work("tokens")
    async def tokens():
        for number in range(3):
            await asyncio.sleep(0)
            yield number, current_span_name()

    stream = tokens()
    got = [await asyncio.create_task(anext(stream)) for _ in range(3)]
    assert got == [(number, "gpu work") for number in range(3)]
    with pytest.raises(StopAsyncIteration):
        await asyncio.create_task(anext(stream))
    assert seen(spans) == [("tokens", "succeeded")]
    assert [line["event"] for line in lines()] == ["gpu.work"]


async def test_async_generator_that_a_client_leaves_is_cancelled(telemetry, spans):
    left = []

    @gpu_work("tokens")
    async def tokens():
        try:
            yield 1
            yield 2
        finally:
            left.append(True)

    stream = tokens()
    await anext(stream)
    await stream.aclose()
    assert (seen(spans), left) == ([("tokens", "cancelled")], [True])


async def test_block_within_a_generator_that_is_finished_in_another_context_is_measured(telemetry, spans, lines):
    async def tokens():
        async with gpu_work("tokens"):
            yield 1
            yield 2

    stream = tokens()
    first = contextvars.copy_context()
    await asyncio.create_task(anext(stream), context=first)
    assert [value async for value in stream] == [2]
    assert seen(spans) == [("tokens", "succeeded")]
    assert [line["event"] for line in lines()] == ["gpu.work"]  # and no complaint about a token of another context


def test_inner_work_is_a_part_of_the_outer_and_not_charged_twice(telemetry, registry, spans):
    with gpu_work("outer", customer="acme", model="m", device=CARD) as outer:
        with gpu_work("inner", device=CARD) as inner:
            pass
        with gpu_work("elsewhere", device=Device("gpu", "L4", "GPU-2")) as elsewhere:
            pass
    assert (inner.customer, inner.model, elsewhere.customer) == ("acme", "m", "acme")
    assert outer.gpu_seconds < outer.duration_seconds
    busy = registry.get_sample_value("gpu_work_busy_seconds_total", {"device": "gpu", "gpu_uuid": "GPU-1"})
    assert outer.gpu_seconds + inner.gpu_seconds == pytest.approx(busy, rel=1e-9)
    parents = {span.attributes["plainview.operation"]: span.parent for span in spans.all()}
    assert parents["inner"].span_id == parents["elsewhere"].span_id
    assert parents["outer"] is None


async def test_tasks_at_once_share_the_device_and_add_up_to_its_busy_time(telemetry, registry):
    async def one(number):
        async with gpu_work(f"op{number % 2}", device=CARD) as work:
            await asyncio.sleep(0.01 * (number % 3))
        return work

    works = await asyncio.gather(*(one(number) for number in range(6)))
    busy = registry.get_sample_value("gpu_work_busy_seconds_total", {"device": "gpu", "gpu_uuid": "GPU-1"})
    assert sum(work.gpu_seconds for work in works) == pytest.approx(busy, rel=1e-9)
    assert sum(work.duration_seconds for work in works) > 1.5 * busy
    assert registry.get_sample_value("gpu_work_running", {"operation": "op1"}) == 0


def test_threads_share_it_too(telemetry, registry):
    at_once = threading.Barrier(4)
    works = []

    def one():
        with gpu_work("threads", device=CARD) as work:
            at_once.wait(10)
        works.append(work)

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    busy = registry.get_sample_value("gpu_work_busy_seconds_total", {"device": "gpu", "gpu_uuid": "GPU-1"})
    assert sum(work.gpu_seconds for work in works) == pytest.approx(busy, rel=1e-9)
