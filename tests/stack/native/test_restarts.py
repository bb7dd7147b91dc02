from stack.native.restarts import LONGEST_DELAY_SECONDS, Restarts


def test_delay_doubles_up_to_half_a_minute():
    restarts = Restarts(first_delay_seconds=0.5)
    delays = [restarts.ended(now=100.0 * end, lived_seconds=1) for end in range(8)]
    assert delays[:3] == [0.5, 1.0, 2.0]
    assert delays[-1] == LONGEST_DELAY_SECONDS


def test_steady_run_starts_the_delay_anew():
    restarts = Restarts(first_delay_seconds=0.5)
    for end in range(5):
        restarts.ended(now=end, lived_seconds=1)
    assert restarts.ended(now=5000, lived_seconds=3600) == 0.5


def test_four_ends_in_a_minute_are_a_crash_loop():
    restarts = Restarts()
    for end in range(4):
        assert not restarts.looping
        restarts.ended(now=end * 10.0, lived_seconds=1)
    assert restarts.looping


def test_ends_far_apart_are_not_a_crash_loop():
    restarts = Restarts()
    for end in range(6):
        restarts.ended(now=end * 30.0, lived_seconds=1)
        assert not restarts.looping
