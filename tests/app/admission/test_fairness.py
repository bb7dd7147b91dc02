"""What start-time fair queueing promises, over random jobs, arrivals, cancellations and numbers of workers."""

from __future__ import annotations

import random
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.database.engine import Database
from tests.app.admission.database_line import DatabaseLine
from tests.app.admission.simulation import Line, Ran, Submit, longest, simulate, started, waits

WEIGHTS = {"a": 1.0, "b": 1.0, "c": 4.0, "d": 0.5}
STEP = 0.1
SUBMITS = st.lists(
    st.builds(
        lambda customer, at, seconds: Submit(at, customer, seconds, WEIGHTS[customer]),
        st.sampled_from(sorted(WEIGHTS)),
        st.floats(0, 50),
        st.floats(0.5, 20),
    ),
    min_size=2,
    max_size=40,
)


def both_wait(ran: list[Ran], one: str, other: str) -> list[tuple[float, float]]:
    """Return the intervals between starts during all of which both customers had jobs waiting."""
    moments = sorted({each.began for each in ran})

    def waits_at(customer: str, moment: float) -> bool:
        return any(each.submit.customer == customer and each.submit.at <= moment < each.began for each in ran)

    found, since = list[tuple[float, float]](), None
    for moment in moments:
        if waits_at(one, moment) and waits_at(other, moment):
            since = moment if since is None else since
            found.append((since, moment))
        else:
            since = None
    return found


@given(SUBMITS, st.integers(1, 4))
@settings(deadline=None)
def test_two_that_wait_get_device_time_by_weight_but_for_one_job_of_each(submits: list[Submit], workers: int) -> None:
    assert_fair(simulate(submits, workers))


def assert_fair(ran: list[Ran]) -> None:
    for one, other in combinations(WEIGHTS, 2):
        bound = longest(ran, one) + longest(ran, other) + 2 * STEP
        for since, until in both_wait(ran, one, other):
            unfair = started(ran, one, since, until) - started(ran, other, since, until)
            assert abs(unfair) <= bound + 1e-6


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("workers", [1, 3])
def test_turns_from_the_database_are_as_fair(database: Database, seed: int, workers: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - arrivals, no secrets
    weights = {"a": 1.0, "b": 1.0, "c": 4.0, "d": 1.0}
    submits = [
        Submit(draw.uniform(0, 40), customer, draw.uniform(0.5, 20), weights[customer])
        for customer in draw.choices(sorted(weights), k=40)
    ]
    ran = simulate(submits, workers, DatabaseLine(database))
    assert len(ran) == len(submits)
    assert sum(len(both_wait(ran, *pair)) for pair in combinations(weights, 2)) > 50
    assert_fair(ran)


@given(SUBMITS, st.integers(1, 4))
@settings(deadline=None)
def test_every_job_runs_and_no_worker_idles_while_one_waits(submits: list[Submit], workers: int) -> None:
    ran = simulate(submits, workers)
    assert sorted(each.submit.at for each in ran) == sorted(each.at for each in submits)
    for each in ran:
        if each.waited > 0:
            others = [other for other in ran if other.began < each.began < other.began + other.submit.seconds]
            ended = [other for other in ran if abs(other.began + other.submit.seconds - each.began) < 1e-9]
            assert len(others) + len(ended) >= workers


@given(
    st.lists(st.tuples(st.floats(0, 30), st.floats(0.5, 5), st.none() | st.floats(0, 60)), min_size=1, max_size=40),
    st.floats(0, 30),
)
@settings(deadline=None)
def test_flood_however_cancelled_delays_another_by_its_running_and_one_more_job(
    flood: list[tuple[float, float, float | None]], at: float
) -> None:
    submits = [Submit(when, "flood", seconds, gives_up=leaves) for when, seconds, leaves in flood]
    ran = simulate([*submits, Submit(at, "small", 1.0)])
    (wait,) = waits(ran, lambda each: each.customer == "small")
    assert wait <= 2 * max(seconds for _, seconds, _ in flood) + STEP


def test_figures_of_a_flood_of_sixty_against_first_come_first_served() -> None:
    """The figures in docs/QUEUE.md."""
    flood = [Submit(0, "flood", 10) for _ in range(60)]
    late = [Submit(5, "premium", 10, 4), Submit(5, "standard", 10)]
    fair = {each.submit.customer: each.waited for each in simulate([*flood, *late])}
    first = {each.submit.customer: each.waited for each in simulate([*flood, *late], line=Line(fair=False))}
    assert (first["premium"], first["standard"]) == (595, 605)
    assert (fair["premium"], fair["standard"]) == (5, 15)
    assert fair["flood"] == pytest.approx(610)  # the last of the flood: 20 s later than alone


def test_figures_of_two_floods_by_weight() -> None:
    both = [Submit(0, "standard", 10) for _ in range(60)] + [Submit(0, "premium", 10, 4) for _ in range(60)]
    ran = simulate(both)[:50]
    assert sum(each.submit.customer == "premium" for each in ran) == 40
