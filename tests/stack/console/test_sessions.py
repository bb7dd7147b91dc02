from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from stack.console.sessions import Sessions

DAY = timedelta(days=1)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_session_ends_at_its_moment():
    clock = Clock()
    sessions = Sessions("token", DAY, clock)
    value = sessions.issue()
    clock.now += DAY.total_seconds() - 1
    assert sessions.valid(value)
    clock.now += 1
    assert not sessions.valid(value)


def test_session_outlives_a_restart_but_not_a_new_token():
    value = Sessions("token", DAY).issue()
    assert Sessions("token", DAY).valid(value)
    assert not Sessions("another token", DAY).valid(value)


def test_no_two_sessions_are_alike_and_ending_one_leaves_the_other():
    sessions = Sessions("token", DAY)
    one, other = sessions.issue(), sessions.issue()
    sessions.end(one)
    assert not sessions.valid(one)
    assert sessions.valid(other)


@given(st.text(max_size=200))
def test_nothing_made_up_is_valid(value):
    sessions = Sessions("token", DAY)
    assert not sessions.valid(value)
    sessions.end(value)


@given(st.data())
def test_one_changed_character_voids_a_session(data):
    sessions = Sessions("token", DAY)
    value = sessions.issue()
    at = data.draw(st.integers(0, len(value) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda character: character != value[at]))
    assert not sessions.valid(value[:at] + other + value[at + 1 :])


@given(st.text(max_size=50))
def test_only_the_token_is_the_token(text):
    assert Sessions("token", DAY).knows(text) == (text == "token")
