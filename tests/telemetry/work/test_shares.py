"""Pieces of work that overlap share the device, to the last second and joule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.work._energy import PowerSample
from telemetry.work._shares import Share, Shares


class Device:
    """A device whose time a test moves."""

    def __init__(self):
        self.now = 100.0
        self.busy = 0.0
        self.shares = Shares(self.now, self._add)

    def _add(self, seconds):
        self.busy += seconds

    def pass_time(self, seconds):
        self.now += seconds

    def enter(self, outer=None):
        share = Share(outer)
        self.shares.enter(share, self.now)
        return share

    def leave(self, share):
        self.shares.leave(share, self.now)

    def read(self, watts=None, joules=None):
        self.shares.take(PowerSample(self.now, watts, joules), self.now)


@pytest.fixture
def device():
    return Device()


def test_two_that_overlap_for_an_hour_of_three_pay_half_of_it_each(device):
    first = device.enter()
    device.pass_time(3600)
    second = device.enter()
    device.pass_time(3600)
    device.leave(first)
    device.pass_time(3600)
    device.leave(second)
    assert (first.seconds, second.seconds, device.busy) == (5400, 5400, 10800)


def test_outer_waits_while_an_inner_runs(device):
    outer = device.enter()
    device.pass_time(1)
    inner = device.enter(outer)
    device.pass_time(5)
    device.leave(inner)
    device.pass_time(2)
    device.leave(outer)
    assert (outer.seconds, inner.seconds, device.busy) == (3, 5, 8)


def test_outer_goes_on_when_the_last_of_its_inner_ones_ends(device):
    outer = device.enter()
    one, two = device.enter(outer), device.enter(outer)
    device.pass_time(4)
    device.leave(one)
    device.pass_time(1)
    device.leave(two)
    device.pass_time(1)
    device.leave(outer)
    assert (outer.seconds, one.seconds, two.seconds, device.busy) == (1, 2, 3, 6)


def test_inner_that_outlives_its_outer_keeps_what_it_gets(device):
    outer = device.enter()
    inner = device.enter(outer)
    device.pass_time(1)
    device.leave(outer)
    device.pass_time(1)
    device.leave(inner)
    late = device.enter(outer)
    device.pass_time(1)
    device.leave(late)
    assert (outer.seconds, inner.seconds, late.seconds, device.busy) == (0, 2, 1, 3)


# What happens next: time passes, a reading comes, someone enters (within another one), someone leaves.
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), st.floats(0, 100)),
        st.tuples(st.just("watts"), st.floats(0, 700)),
        st.tuples(st.just("enter"), st.integers(-1, 5)),
        st.tuples(st.just("leave"), st.integers(0, 5)),
    ),
    max_size=60,
)


@given(_STEPS)
def test_shares_add_up_to_the_busy_time_and_none_is_negative(steps):
    device = Device()
    shares, is_open = [], []
    for kind, value in steps:
        if kind == "pass":
            device.pass_time(value)
        elif kind == "watts":
            device.read(watts=value)
        elif kind == "enter":
            outer = is_open[value] if 0 <= value < len(is_open) else None
            shares.append(device.enter(outer))
            is_open.append(shares[-1])
        elif value < len(is_open):
            device.leave(is_open.pop(value))
    for share in is_open:
        device.leave(share)
    assert sum(share.seconds for share in shares) == pytest.approx(device.busy, rel=1e-9, abs=1e-9)
    assert all(share.seconds >= 0 for share in shares)
    assert device.shares.running == 0


def test_energy_counter_is_shared_as_time_is(device):
    device.read(watts=200, joules=1000)
    one = device.enter()
    two = device.enter()
    for _ in range(10):
        device.pass_time(1)
        device.read(watts=200, joules=1000 + (device.now - 100) * 300)  # the counter knows of peaks that power misses
    device.leave(one)
    device.leave(two)
    assert one.joules == two.joules == pytest.approx(1500)
    assert device.shares.energy_source == "counter"


def test_power_stands_in_for_a_counter_that_a_card_lacks_and_says_so(device):
    device.read(watts=100)
    share = device.enter()
    device.pass_time(2)
    device.read(watts=300)
    device.pass_time(0.5)
    device.leave(share)
    assert share.joules == pytest.approx(2 * 200 + 0.5 * 300)
    assert device.shares.energy_source == "power"


def test_counter_that_starts_anew_with_its_driver_adds_no_jump(device):
    device.read(watts=100, joules=5e9)
    share = device.enter()
    device.pass_time(1)
    device.read(watts=100, joules=0)
    device.pass_time(1)
    device.read(watts=100, joules=100)
    device.leave(share)
    assert share.joules == pytest.approx(200)


@pytest.mark.parametrize("known", [False, True])
def test_energy_is_unknown_where_a_part_of_it_is(device, known):
    if known:
        device.read(watts=100, joules=0)
    share = device.enter()
    device.pass_time(60)  # no reading for a minute
    device.read(watts=100, joules=6000)
    device.pass_time(1)
    device.leave(share)
    assert share.joules is None
    assert share.seconds == 61


def test_card_that_stops_answering_leaves_the_energy_unknown(device):
    device.read(watts=100, joules=0)
    share = device.enter()
    device.shares.take(None, device.now)
    device.pass_time(1)
    device.leave(share)
    assert share.joules is None
