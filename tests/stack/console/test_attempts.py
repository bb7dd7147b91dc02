import pytest

from stack.console.attempts import Attempts
from stack.console.problems import TooManyAttempts


@pytest.fixture
def now() -> list[float]:
    return [0.0]


@pytest.fixture
def attempts(now) -> Attempts:
    return Attempts(lambda: now[0])


def test_ten_failures_within_a_minute_close_the_door_until_the_first_is_a_minute_old(attempts, now):
    for second in range(10):
        now[0] = second
        attempts.check("1.2.3.4")
        attempts.failed("1.2.3.4")
    with pytest.raises(TooManyAttempts) as refused:
        attempts.check("1.2.3.4")
    assert refused.value.headers["Retry-After"] == "52"
    now[0] = 60.0
    attempts.check("1.2.3.4")


def test_addresses_do_not_close_the_door_for_each_other(attempts):
    for _ in range(10):
        attempts.failed("1.2.3.4")
    attempts.check("5.6.7.8")


def test_addresses_of_one_ipv6_network_are_one(attempts):
    for number in range(10):
        attempts.failed(f"2001:db8::{number:x}")
    with pytest.raises(TooManyAttempts):
        attempts.check("2001:db8::ffff")
    attempts.check("2001:db8:0:1::1")


def test_memory_is_bounded_however_many_addresses_try(attempts):
    for number in range(5000):
        attempts.failed(str(number))
    assert len(attempts._failures) == 1000
