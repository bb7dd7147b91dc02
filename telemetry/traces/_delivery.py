"""Brings one batch after another to a receiver: tries again after a pause, splits what is too large, gives up in time."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from telemetry.traces._answer import Accepted, Refused
from telemetry.traces._encode import EncodedSpan, encode_request
from telemetry.traces._limits import Limits
from telemetry.traces._receiver import Receiver

#: A receiver that finds this too large is not going to take anything.
_SMALLEST_SPLIT: Final = 64 * 1024


class Delivery:
    """Used by one thread, told by another when to come to an end."""

    def __init__(self, receiver: Receiver, limits: Limits, failed: Callable[[str], None]) -> None:
        self._receiver = receiver
        self._limits = limits
        self._failed = failed
        self._post_bytes = limits.post_bytes
        self._failures = 0
        self._next = float("-inf")
        self._asked = float("-inf")
        self._deadline = float("inf")
        self._hurry = threading.Event()
        self._over = threading.Event()

    def finish_by(self, deadline: float) -> None:
        """Cut pauses short, try everything once more at most, and be done at `deadline` of the monotonic clock."""
        self._deadline = deadline
        self._hurry.set()

    def go_on(self) -> None:
        """Take back `finish_by`."""
        self._hurry.clear()
        self._deadline = float("inf")

    def give_up(self) -> None:
        """Stop at the next step."""
        self._over.set()
        self._hurry.set()

    def batches(self, spans: Sequence[EncodedSpan]) -> Iterator[Sequence[EncodedSpan]]:
        """Cut `spans` into what fits into one post each."""
        start = size = 0
        for end, span in enumerate(spans):
            if end > start and (size + len(span.message) > self._post_bytes or end - start == self._limits.post):
                yield spans[start:end]
                start, size = end, 0
            size += len(span.message)
        if spans:
            yield spans[start:]

    def deliver(self, spans: Sequence[EncodedSpan]) -> Iterator[tuple[Sequence[EncodedSpan], Accepted | Refused]]:
        """Send `spans`, and say of each part of them what became of it."""
        size = sum(len(span.message) for span in spans)
        answer = self._answer(spans)
        too_large = isinstance(answer, Refused) and answer.error_type == "http_413"
        if too_large and len(spans) > 1 and size > _SMALLEST_SPLIT:
            self._post_bytes = max(_SMALLEST_SPLIT, min(self._post_bytes, size // 2))
            for part in self.batches(spans):
                yield from self.deliver(part)
        else:
            yield spans, answer

    def _answer(self, spans: Sequence[EncodedSpan]) -> Accepted | Refused:
        try:
            return self._tried(encode_request(spans))
        except Exception as error:  # noqa: BLE001 - whatever goes wrong with one batch, the next must be tried
            return Refused(type(error).__name__, retry=False)

    def _tried(self, body: bytes) -> Accepted | Refused:
        answer: Accepted | Refused = Refused("timeout", retry=True)
        begun = time.monotonic()
        while self._paused():
            hurried = self._hurry.is_set()
            left = self._deadline - time.monotonic()
            if left <= 0:
                break
            answer = self._receiver.post(body, min(self._limits.timeout.total_seconds(), left))
            if isinstance(answer, Accepted):
                self._failures = 0
                break
            self._failed(answer.error_type)
            if not answer.retry:
                self._failures = 0
                break
            self._back_off(answer)
            if hurried or time.monotonic() - begun >= self._limits.patience.total_seconds():
                break
        return answer

    def _back_off(self, answer: Refused) -> None:
        first, longest = self._limits.first_pause.total_seconds(), self._limits.longest_pause.total_seconds()
        pause = min(longest, first * 2 ** min(self._failures, 30))
        self._failures += 1
        now = time.monotonic()
        # By chance somewhat less, lest many processes come back at the same moment.
        self._next = now + pause * random.uniform(0.7, 1)  # noqa: S311 - no secret
        self._asked = now + min(answer.retry_after or 0, self._limits.longest_asked.total_seconds())

    def _paused(self) -> bool:
        """Wait until the receiver may be asked again; False when it is too late then.

        Nobody waits at the end for a pause of our own making, but what the receiver asked for is kept.
        """
        self._hurry.wait(max(0.0, max(self._next, self._asked) - time.monotonic()))
        asked = self._asked - time.monotonic()
        if self._hurry.is_set() and asked > 0:
            if self._asked >= self._deadline:
                return False
            self._over.wait(asked)
        return not self._over.is_set()
