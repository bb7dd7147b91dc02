"""Every span that ends is exported, dropped for one reason, or in the queue: in whatever order things happen."""

import itertools
import queue
import sys
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.traces._answer import Accepted, Refused
from tests.telemetry.traces.exporting import QUICK, Exporting

ANSWERS = (
    Accepted(),
    Accepted(rejected=1),
    Accepted(rejected=1000),
    Refused("http_400", retry=False),
    Refused("http_413", retry=False),
    Refused("http_503", retry=True),
)
NO_RETRY = replace(QUICK, queue=12, batch=3, post=4, patience=timedelta(0), shutdown=timedelta(milliseconds=20))


class Stepped:
    """A receiver whose every answer the test gives, so that it decides in which order things happen."""

    def __init__(self):
        self.asked = threading.Semaphore(0)
        self._answers = queue.SimpleQueue()
        self.waiting = False

    def post(self, _body, _timeout):
        self.asked.release()
        return self._answers.get(timeout=10)

    def close(self):
        pass

    def answer(self, answer):
        self.waiting = False
        self._answers.put(answer)

    def wait(self, exporting):
        """Wait until the thread asks, or has nothing left; either way, what was answered before is counted."""
        while not self.waiting and not exporting.processor.force_flush(0):
            self.waiting = self.asked.acquire(timeout=0.001)


_STEPS = st.lists(st.integers(1, 7) | st.sampled_from(ANSWERS), max_size=25)


@given(_STEPS, st.sampled_from(ANSWERS))
@settings(max_examples=60, deadline=None)
def test_ended_spans_are_accounted_for_after_every_step(ended, steps, last):
    receiver = Stepped()
    exporting = Exporting(receiver, ended, NO_RETRY)
    total = 0
    for step in steps:
        if isinstance(step, int):
            exporting.end(step)
            total += step
        elif receiver.waiting:
            receiver.answer(step)
        receiver.wait(exporting)
        assert exporting.accounted == total
        assert exporting.queued <= NO_RETRY.queue
    if receiver.waiting:
        receiver.answer(last)
    exporting.processor.shutdown()
    receiver.answer(last)  # whatever is still asked comes too late
    exporting.end(2)
    assert (exporting.accounted, exporting.queued) == (total + 2, 0)


class Random:
    """A receiver whose answers come in turns, from whichever thread asks."""

    def __init__(self, answers):
        self._answers = itertools.cycle(answers)

    def post(self, _body, _timeout):
        return next(self._answers)

    def close(self):
        pass


@pytest.fixture
def impatient_interpreter():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.parametrize("ends_first", ["spans", "export"])
@pytest.mark.parametrize("most", [5, 100_000], ids=["small queue", "large queue"])
def test_ended_spans_of_many_threads_are_accounted_for(most, ends_first, ended, impatient_interpreter):
    exporting = Exporting(Random(ANSWERS), ended, replace(NO_RETRY, queue=most))
    begun = threading.Barrier(5)

    def end():
        begun.wait()
        exporting.end(2000)

    threads = [threading.Thread(target=end) for _ in range(4)]
    for thread in threads:
        thread.start()
    begun.wait()
    if ends_first == "export":
        exporting.processor.shutdown()
    for thread in threads:
        thread.join()
    exporting.processor.shutdown()
    assert (exporting.accounted, exporting.queued) == (8000, 0)
