from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.admission.admit import Applicant, no_room
from app.admission.pace import Pace
from app.admission.room import RESERVE, Load, Refusal, refusal
from app.admission.rows import Held
from app.admission.rules import Rules
from app.errors import Code

RULES = Rules(max_wait=100, max_jobs=20)
PACE = Pace(workers=2, typical_seconds=9, other_seconds=1)


def ask(*holders: Held, customer: str = "acme", tier: str = "standard") -> Refusal | None:
    return no_room(holders, Applicant(customer, tier, 9), PACE, RULES)


def held(customer: str, queued: int, seconds: float, tier: str = "standard") -> Held:
    return Held(customer, tier, queued, seconds)


def test_empty_queue_takes_a_job_of_any_length() -> None:
    assert ask() is None


@pytest.mark.parametrize(("queued", "seconds"), [(19, 190), (19, 199.9)])
def test_lone_customer_may_fill_the_queue(queued: int, seconds: float) -> None:
    assert ask(held("acme", queued, seconds)) is None


def test_queue_is_full_by_expected_wait_over_all_workers() -> None:
    assert ask(held("acme", 5, 230)) == Refusal(
        Code.CUSTOMER_QUEUE_FULL, 20
    )  # 115 s on two workers, 100 allowed, a job each 5 s


def test_queue_is_full_by_count_and_room_comes_with_the_measured_rate() -> None:
    # 23 short jobs where 20 may wait: four have to go; two workers end a typical one every 5 s.
    assert ask(held("acme", 23, 23)) == Refusal(Code.CUSTOMER_QUEUE_FULL, 20)


def test_flood_of_one_leaves_room_for_others() -> None:
    flood = held("flood", 20, 200)
    assert ask(flood) is None
    assert ask(flood, held("acme", 1, 10)) is None
    refused = ask(flood, customer="flood")
    assert refused is not None
    assert refused.code is Code.CUSTOMER_QUEUE_FULL


def test_customer_at_its_share_of_a_full_queue_is_told_that_it_is_its_own() -> None:
    refused = ask(held("flood", 14, 140), held("acme", 10, 100))
    assert refused is not None
    assert refused.code is Code.CUSTOMER_QUEUE_FULL
    assert ask(held("flood", 14, 140), held("acme", 9, 90)) is None


def test_weight_makes_the_share_larger() -> None:
    assert ask(held("flood", 10, 100), held("acme", 15, 150, "premium"), tier="premium") is None


def test_room_for_others_has_an_end_too() -> None:
    crowd = [held(f"c{number}", 3, 30) for number in range(10)]
    refused = ask(*crowd)
    assert refused is not None
    assert refused.code is Code.QUEUE_FULL


LOADS = st.builds(
    lambda own, others, bound, rate: Load(own + others, own, bound, rate),
    st.floats(0, 1000),
    st.floats(0, 1000),
    st.floats(1, 1000),
    st.floats(0.01, 100),
)


@given(LOADS, st.floats(0.001, 1))
def test_who_holds_less_than_its_share_is_refused_only_beyond_the_reserve(load: Load, part: float) -> None:
    refused = refusal(load, part)
    if load.own < load.bound * part and load.total < load.bound * (1 + RESERVE):
        assert refused is None
    if refused is not None:
        assert load.total >= load.bound
        assert refused.seconds >= 0


@given(LOADS, st.floats(0.001, 1))
def test_after_the_time_that_was_told_there_is_room(load: Load, part: float) -> None:
    refused = refusal(load, part)
    if refused is not None:
        left = load.rate * (refused.retry_after + 1e-3)
        total = load.total - left
        own = min(load.own - left * part, total)  # a fair queue serves the customer by its part at least
        later = Load(total, own, load.bound, load.rate)
        assert refusal(later, part) is None
