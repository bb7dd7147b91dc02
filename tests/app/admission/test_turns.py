"""Turns: what start-time fair queueing promises, over random jobs, arrivals, cancellations and workers."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from app.admission.turns import SECOND, Turn, next_turn, turn_length

LENGTHS = st.integers(1, 50)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.booleans(), LENGTHS, st.integers(0, 30)), max_size=15), st.data())
def test_turns_of_one_customer_never_overlap_and_leave_no_room_unused(
    steps: list[tuple[bool, int, int]], data: st.DataObject
) -> None:
    """However jobs are cancelled in between: else a customer could pile up turns and let them go at once."""
    clock, taken = 0, list[Turn]()
    for cancels, length, passed in steps:
        clock += passed
        if cancels and taken:
            taken.remove(data.draw(st.sampled_from(taken)))
            continue
        turn = next_turn(clock, taken, length)
        assert turn.begin >= clock
        assert turn.end - turn.begin == length
        taken.append(turn)
        ordered = sorted(taken)
        assert all(one.end <= other.begin for one, other in pairwise(ordered))
        earlier = [begin for begin in (clock, *(one.end for one in ordered)) if clock <= begin < turn.begin]
        assert all(any(begin < one.end and one.begin < begin + length for one in ordered) for begin in earlier)


def test_cancelled_jobs_give_their_turns_back() -> None:
    turns = [next_turn(0, [], 10)]
    for _ in range(59):
        turns.append(next_turn(0, turns, 10))
    assert next_turn(0, turns[-1:], 10).begin == 0


def test_turn_is_device_time_over_weight() -> None:
    assert turn_length(8.0, 4.0) == 2 * SECOND
    assert turn_length(0.0, 4.0) == 1
