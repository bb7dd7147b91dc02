"""Time and money are divided without a rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ledger.timeline import NANO, Timeline

SECOND = NANO
PRICE = 190_000  # nano-dollars a second


def got(timeline: Timeline, at: int) -> dict[object, tuple[int, int | None]]:
    return {portion.holder: (portion.nanoseconds, portion.nanousd) for portion in timeline.portions(at)}


def test_time_is_overhead_then_idle_then_the_holders() -> None:
    timeline = Timeline(0, PRICE)
    timeline.unheld_as("idle", 2 * SECOND)
    timeline.enter("a", 5 * SECOND)
    timeline.leave("a", 6 * SECOND)
    assert got(timeline, 8 * SECOND) == {
        "overhead": (2 * SECOND, 380_000),
        "idle": (5 * SECOND, 950_000),
        "a": (SECOND, 190_000),
    }


def test_several_holders_share_each_moment() -> None:
    timeline = Timeline(0, PRICE)
    timeline.enter("a", 0)
    timeline.enter("b", 2 * SECOND)
    timeline.leave("a", 4 * SECOND)
    assert got(timeline, 5 * SECOND) == {"a": (3 * SECOND, 570_000), "b": (2 * SECOND, 380_000)}


def test_unknown_price_gives_unknown_cost_and_never_zero() -> None:
    timeline = Timeline(0, None)
    timeline.enter("a", 0)
    assert got(timeline, SECOND) == {"a": (SECOND, None)}


def test_clock_that_is_read_out_of_order_takes_nothing_away() -> None:
    timeline = Timeline(0, PRICE)
    timeline.enter("a", 2 * SECOND)
    assert got(timeline, SECOND)["overhead"] == (2 * SECOND, 380_000)
    assert got(timeline, 3 * SECOND) == {"a": (SECOND, 190_000)}


def test_same_holder_cannot_hold_twice() -> None:
    timeline = Timeline(0, PRICE)
    timeline.enter("a", 0)
    with pytest.raises(ValueError, match="holds the device already"):
        timeline.enter("a", 1)


STEPS = st.lists(
    st.tuples(
        st.integers(0, 10**12), st.sampled_from(["enter", "leave", "look", "idle", "overhead"]), st.integers(0, 5)
    ),
    max_size=60,
)


@given(STEPS, st.integers(0, 10**8))
def test_portions_are_the_whole_in_every_schedule(steps: list[tuple[int, str, int]], price: int) -> None:
    """Whatever comes and goes: no nanosecond and no nano-dollar is lost or counted twice."""
    timeline, now, running = Timeline(0, price), 0, set()
    nanoseconds = nanousd = 0
    for passed, step, who in [*steps, (0, "look", 0)]:
        now += passed
        if step == "enter" and who not in running:
            timeline.enter(who, now)
            running.add(who)
        elif step == "leave" and who in running:
            timeline.leave(who, now)
            running.remove(who)
        elif step in {"idle", "overhead"}:
            timeline.unheld_as(step, now)
        else:
            for portion in timeline.portions(now):
                assert portion.nanoseconds > 0
                assert portion.nanousd is not None
                assert abs(portion.nanousd - price * portion.nanoseconds / NANO) <= 1 + price / NANO
                nanoseconds += portion.nanoseconds
                nanousd += portion.nanousd
    for portion in timeline.portions(now):
        nanoseconds, nanousd = nanoseconds + portion.nanoseconds, nanousd + (portion.nanousd or 0)
    assert nanoseconds == now
    assert nanousd == price * now // NANO
