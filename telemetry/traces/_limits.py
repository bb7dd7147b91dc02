"""Bounds of the export."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    """What may wait, how much goes into a post, and how long anything takes.

    With these, 8,000 spans a second reach a receiver that takes 200 ms: posts follow each other with some 1,600 spans,
    and twice as many wait at most.
    """

    #: Spans that wait or are on their way, and their size.
    queue: int = 8192
    queue_bytes: int = 8 * 2**20
    #: So many spans are sent at once; fewer after `delay`.
    batch: int = 512
    delay: timedelta = timedelta(seconds=1)
    #: The most in one post: when the receiver is slow, more spans go into each. Receivers commonly take 4 MiB and more.
    post: int = 4096
    post_bytes: int = 4 * 2**20
    #: One post, from connecting to the last byte of the answer.
    timeout: timedelta = timedelta(seconds=10)
    #: Pauses between tries double from the first to the longest; what the receiver asks for is kept up to `longest_asked`.
    first_pause: timedelta = timedelta(seconds=1)
    longest_pause: timedelta = timedelta(seconds=8)
    longest_asked: timedelta = timedelta(minutes=5)
    #: A batch is given up after trying for so long; those behind it wait in the queue.
    patience: timedelta = timedelta(minutes=1)
    #: Below 3 s with what else there is to do when a process ends.
    shutdown: timedelta = timedelta(seconds=2)
