"""When a batch is tried again, after how long, in how many pieces, and when it is given up."""

import threading
import time
from dataclasses import replace
from datetime import timedelta
from email.utils import formatdate

import pytest

from telemetry.traces._answer import Accepted, Refused, understood
from telemetry.traces._delivery import Delivery
from telemetry.traces._encode import EncodedSpan
from telemetry.traces._limits import Limits
from tests.telemetry.traces.exporting import QUICK, Exporting, Scripted

UNAVAILABLE = Refused("http_503", retry=True)


class Timed(Scripted):
    """Notes when it was asked, and how large the batches were."""

    def __init__(self, *answers):
        super().__init__(*answers)
        self.times = []
        self.asked = threading.Semaphore(0)

    def post(self, body, timeout):
        self.times.append(time.monotonic())
        self.asked.release()
        return super().post(body, timeout)

    @property
    def gaps(self):
        return [later - earlier for earlier, later in zip(self.times, self.times[1:], strict=False)]


def test_passing_trouble_is_ridden_out(ended):
    receiver = Scripted(UNAVAILABLE, Refused("connect", retry=True))
    exporting = Exporting(receiver, ended, replace(QUICK, patience=timedelta(seconds=5)))
    exporting.end(4)
    exporting.flush()
    assert (receiver.posts, exporting.exported) == (3, 4)
    exporting.processor.shutdown()


def test_lasting_trouble_ends_with_a_batch_given_up_and_every_try_counted(ended):
    receiver = Scripted(*[UNAVAILABLE] * 10_000)
    exporting = Exporting(receiver, ended)
    exporting.end()
    exporting.flush()
    assert exporting.dropped("export_failed") == 1
    assert exporting.failures("http_503") == receiver.posts > 1
    exporting.processor.shutdown()


def test_pauses_double_up_to_the_longest_and_go_on_with_the_next_batch(ended):
    receiver = Timed(*[UNAVAILABLE] * 6)
    limits = replace(
        QUICK,
        first_pause=timedelta(milliseconds=20),
        longest_pause=timedelta(milliseconds=80),
        patience=timedelta(milliseconds=100),
    )
    exporting = Exporting(receiver, ended, limits)
    for _ in range(2):
        exporting.end()
        exporting.flush()
    assert exporting.exported + exporting.dropped("export_failed") == 2
    least = [0.7 * pause for pause in (0.02, 0.04, 0.08, 0.08, 0.08)]
    assert all(gap >= pause for gap, pause in zip(receiver.gaps, least, strict=False))
    exporting.processor.shutdown()


def test_retry_after_is_kept(ended):
    receiver = Timed(Refused("http_429", retry=True, retry_after=0.15))
    exporting = Exporting(receiver, ended, replace(QUICK, patience=timedelta(seconds=5)))
    exporting.end()
    exporting.flush()
    assert receiver.gaps[0] >= 0.15
    exporting.processor.shutdown()


def test_shutdown_asks_once_more_without_a_pause_of_its_own(ended):
    receiver = Timed(UNAVAILABLE)
    exporting = Exporting(receiver, ended, replace(QUICK, first_pause=timedelta(seconds=60)))
    exporting.end(3)
    assert not exporting.processor.force_flush(0)
    assert receiver.asked.acquire(timeout=5)
    exporting.processor.shutdown()
    assert (receiver.posts, exporting.exported) == (2, 3)


def test_shutdown_does_not_ask_a_receiver_that_wants_to_be_left_alone_for_longer(ended):
    receiver = Timed(Refused("http_429", retry=True, retry_after=30))
    exporting = Exporting(receiver, ended)
    exporting.end(3)
    assert not exporting.processor.force_flush(0)
    assert receiver.asked.acquire(timeout=5)
    began = time.monotonic()
    exporting.processor.shutdown()
    assert time.monotonic() - began < 0.9  # it need not wait for what cannot come
    assert (receiver.posts, exporting.dropped("shutdown")) == (1, 3)


class Small(Scripted):
    """Takes no more than `most` bytes at a time."""

    def __init__(self, most):
        super().__init__()
        self.most = most
        self.refused = 0

    def post(self, body, timeout):
        if len(body) > self.most:
            self.refused += 1
            return Refused("http_413", retry=False)
        return super().post(body, timeout)


def spans(count, size, like):
    return [EncodedSpan(like[0].resource, like[0].instrumentation_scope, b"x" * size) for _ in range(count)]


def delivered(delivery, batch):
    answers = [answer for part in delivery.batches(batch) for answer in delivery.deliver(part)]
    return {
        kind: sum(len(part) for part, answer in answers if isinstance(answer, kind)) for kind in (Accepted, Refused)
    }


def test_what_a_receiver_finds_too_large_is_split_and_the_size_remembered(ended):
    receiver = Small(300_000)
    delivery = Delivery(receiver, Limits(), lambda _: None)
    assert delivered(delivery, spans(1000, 1000, ended)) == {Accepted: 1000, Refused: 0}
    assert receiver.refused == 2
    assert delivered(delivery, spans(1000, 1000, ended)) == {Accepted: 1000, Refused: 0}
    assert receiver.refused == 2


def test_receiver_that_finds_everything_too_large_is_not_asked_for_ever(ended):
    receiver = Small(0)
    delivery = Delivery(receiver, Limits(), lambda _: None)
    assert delivered(delivery, spans(4096, 1000, ended)) == {Accepted: 0, Refused: 4096}
    assert receiver.refused < 130


@pytest.mark.parametrize("size", [1, 1000, 3_000_000, 5_000_000])
def test_batches_hold_every_span_once_and_keep_the_bounds(size, ended):
    limits = Limits(post=100)
    batch = spans(7 if size > 10_000 else 350, size, ended)
    parts = list(Delivery(Scripted(), limits, lambda _: None).batches(batch))
    assert [span for part in parts for span in part] == batch
    assert all(len(part) == 1 or sum(len(s.message) for s in part) <= limits.post_bytes for part in parts)
    assert all(1 <= len(part) <= 100 for part in parts)


def seconds(header):
    answer = understood(429, {"retry-after": header}, b"")
    return answer.retry_after


def test_retry_after_may_be_a_number_or_a_date():
    assert seconds("120") == 120
    assert 58 < seconds(formatdate(time.time() + 60, usegmt=True)) <= 60
    assert seconds(formatdate(time.time() - 60, usegmt=True)) == 0


@pytest.mark.parametrize("header", ["", "soon", "-5", "1e9", "\u0663", "Mon, 99 Foo 2026", "inf"])
def test_nonsense_in_retry_after_means_nothing(header):
    assert seconds(header) is None
