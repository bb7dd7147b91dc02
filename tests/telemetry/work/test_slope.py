"""A leak is seen whatever the noise; what does not leak never counts as a leak."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.work._memory_life import Life
from telemetry.work._slope import LEAST, slope

MIB = 2**20
GIB = 2**30


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        self.now += 1.0
        return self.now


def life_of(memory):
    """Return the life of a model whose memory after each piece of work was this."""
    life = Life("m", "rss", memory[0], clock=Clock())
    for after in memory:
        life.ended(after)
    return life


def test_leak_is_told_to_the_byte_without_noise():
    life = life_of([GIB + number * 3 * MIB for number in range(40)])
    assert life.leak == 3 * MIB
    assert life.leaks_more_than(50 * MIB)


def test_too_few_pieces_of_work_tell_nothing():
    life = life_of([GIB + number * 300 * MIB for number in range(LEAST - 1)])
    assert (life.leak, life.leaks_more_than(1)) == (None, False)
    assert slope([]) is None


@settings(max_examples=60)
@given(seed=st.integers(0, 10**9), leak=st.integers(1 * MIB, 64 * MIB), odd=st.floats(0, 0.2))
def test_leak_is_told_within_a_tenth_under_noise_and_odd_values(seed, leak, odd):
    random = Random(seed)  # noqa: S311 - noise
    memory = [
        GIB + number * leak + random.gauss(0, leak) + (random.choice((-GIB, GIB)) if random.random() < odd else 0)
        for number in range(66)
    ]
    life = life_of([int(value) for value in memory])
    assert life.leak == pytest.approx(leak, rel=0.1)


@settings(max_examples=150)
@given(
    seed=st.integers(0, 10**9),
    bound=st.integers(16 * MIB, GIB),
    noise=st.floats(0, 0.5),
    step=st.floats(0, 4),
    count=st.integers(1, 200),
)
def test_what_does_not_leak_never_passes_the_bound(seed, bound, noise, step, count):
    """Noise of half the bound, and one step of up to four times the bound: a pool that grew for one large input."""
    random = Random(seed)  # noqa: S311 - noise
    at = random.randrange(count)
    life = Life("m", "rss", GIB, clock=Clock())
    for number in range(count):
        life.ended(int(GIB + random.uniform(-noise, noise) * bound + (step * bound if number >= at else 0)))
        assert not life.leaks_more_than(bound)


@settings(max_examples=60)
@given(seed=st.integers(0, 10**9), bound=st.integers(64 * MIB, GIB))
def test_slow_leak_passes_the_bound_soon_after_it_has_leaked_that_much(seed, bound):
    random = Random(seed)  # noqa: S311 - noise
    leak = bound // 100
    life = Life("m", "rss", GIB, clock=Clock())
    passed = next(
        number
        for number in range(1000)
        if (life.ended(int(GIB + number * leak + random.gauss(0, leak))) or life.leaks_more_than(bound))
    )
    assert 100 <= passed <= 125


def test_work_that_overlapped_counts_though_it_could_not_be_measured():
    life = Life("m", "rss", GIB, clock=Clock())
    for number in range(80):
        life.ended(GIB + number * MIB if number % 4 == 0 else None)
    assert life.leak == MIB


def test_many_short_pieces_are_thinned_so_that_the_slope_spans_seconds():
    now = [0.0]
    life = Life("m", "rss", GIB, clock=lambda: now[0])
    for number in range(10_000):
        now[0] += 0.001
        life.ended(GIB + number * 1000)
    assert life.leak == pytest.approx(1000)
    assert life.growth > 5_000_000
