"""`BackgroundMeter` around loops of both kinds."""

import asyncio
import time

import pytest

from telemetry.meters import BackgroundMeter

OUTCOMES = ("succeeded", "failed", "cancelled")


@pytest.fixture
def runs(value):
    return lambda task: {name: value("background_task_runs_total", task=task, outcome=name) for name in OUTCOMES}


def test_a_task_is_there_before_its_first_run(value, runs):
    BackgroundMeter("sweep")
    assert runs("sweep") == {"succeeded": 0, "failed": 0, "cancelled": 0}
    assert value("background_task_last_success_timestamp_seconds", task="sweep") == 0
    assert value("background_task_duration_seconds_count", task="sweep") == 0


def test_runs_are_counted_and_only_success_is_remembered(value, runs):
    meter = BackgroundMeter("sweep")
    before = time.time()
    with meter.run():
        pass
    succeeded_at = value("background_task_last_success_timestamp_seconds", task="sweep")
    with pytest.raises(LookupError), meter.run():
        raise LookupError
    assert before <= succeeded_at <= time.time()
    assert value("background_task_last_success_timestamp_seconds", task="sweep") == succeeded_at
    assert runs("sweep") == {"succeeded": 1, "failed": 1, "cancelled": 0}
    assert value("background_task_duration_seconds_count", task="sweep") == 2


async def test_a_run_that_is_cancelled_is_no_failure(runs):
    meter, under_way = BackgroundMeter("sweep"), asyncio.Event()

    async def loop():
        with meter.run():
            pass
        with meter.run():
            under_way.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(loop())
    await under_way.wait()
    task.cancel()
    await asyncio.wait({task})
    assert runs("sweep") == {"succeeded": 1, "failed": 0, "cancelled": 1}
