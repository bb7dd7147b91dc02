"""Own metrics: decorators and blocks for every kind of function, that never raise and lose nothing."""

import asyncio
import json
import threading
from contextlib import suppress
from enum import Enum

import prometheus_client
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, generate_latest

from telemetry import Metric, Telemetry, counted, from_argument, from_result, observed, start, timed
from telemetry.catalog import API_SECONDS

ORDERS = Metric(
    "own_orders_total", "counter", "Orders.", labels=("plan", "outcome"), values={"plan": ("free", "pro", "unknown")}
)
PLAIN = Metric("own_visits_total", "counter", "Visits.")
FAULTS = Metric("own_steps_total", "counter", "Steps.", labels=("outcome", "error_type"))
ANSWERS = Metric("own_answers_total", "counter", "Answers.", labels=("status",))
TIME = Metric("own_order_seconds", "histogram", "Time.", unit="seconds", buckets=API_SECONDS, labels=("plan",))
PLAIN_TIME = Metric("own_visit_seconds", "histogram", "Time.", unit="seconds", buckets=API_SECONDS)
OPEN = Metric("own_open", "gauge", "Orders under way.", labels=("plan",))
ITEMS = Metric("own_basket_items", "histogram", "Items.", buckets=(1.0, 10.0))
STOCK = Metric("own_stock", "gauge", "Stock.")
BYTES = Metric("own_sent_bytes_total", "counter", "Bytes.", unit="bytes")


class Plan(Enum):
    FREE = "free"
    PRO = "pro"


@pytest.fixture
def value(telemetry, registry):
    return lambda name, **labels: registry.get_sample_value(name, labels)


def test_a_function_is_counted_with_labels_from_its_arguments_and_its_outcome(value):
    @counted(ORDERS, plan=from_argument("plan"))
    def place(item, plan="free"):
        if item is None:
            raise LookupError(item)
        return item

    assert place("a", "pro") == "a"
    place("b", plan=Plan.PRO)
    place("c")
    with pytest.raises(LookupError):
        place(None)
    assert value("own_orders_total", plan="pro", outcome="succeeded") == 2
    assert value("own_orders_total", plan="free", outcome="succeeded") == 1
    assert value("own_orders_total", plan="free", outcome="failed") == 1


def test_the_class_of_an_exception_is_a_label_where_one_is_declared(value):
    @counted(FAULTS)
    def step(error=None):
        if error:
            raise error

    step()
    for error in (ValueError(), asyncio.CancelledError(), KeyboardInterrupt()):
        with pytest.raises(type(error)):
            step(error)
    assert value("own_steps_total", outcome="succeeded", error_type="") == 1
    assert value("own_steps_total", outcome="failed", error_type="ValueError") == 1
    assert value("own_steps_total", outcome="cancelled", error_type="CancelledError") == 1
    assert value("own_steps_total", outcome="failed", error_type="KeyboardInterrupt") == 1


def test_a_label_may_come_from_the_result_and_is_unknown_where_there_is_none(value):
    @counted(ANSWERS, status=from_result(lambda answer: answer["status"]))
    def ask(answer):
        if answer is None:
            raise TimeoutError
        return answer

    ask({"status": 200})
    with pytest.raises(TimeoutError):
        ask(None)
    assert value("own_answers_total", status="200") == 1
    assert value("own_answers_total", status="unknown") == 1


async def test_coroutines_are_measured_to_their_end(value):
    @timed(TIME, plan=from_argument("plan", str.lower))
    @counted(ORDERS, plan="pro")
    async def place(plan):
        await asyncio.sleep(0.01)
        return plan

    assert await asyncio.gather(place("PRO"), place("PRO")) == ["PRO", "PRO"]
    assert value("own_order_seconds_count", plan="pro") == 2
    assert value("own_order_seconds_sum", plan="pro") >= 0.02
    task = asyncio.create_task(place("PRO"))
    await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert value("own_orders_total", plan="pro", outcome="cancelled") == 1


def test_a_generator_is_measured_from_its_first_step_to_its_last(value):
    @counted(ORDERS, plan="free")
    @counted(OPEN, plan="free")
    def steps():
        got = yield 1
        yield got
        return "end"

    made = steps()
    assert not value("own_open", plan="free")
    assert next(made) == 1
    assert value("own_open", plan="free") == 1
    assert made.send("sent") == "sent"
    with pytest.raises(StopIteration) as ended:
        next(made)
    assert ended.value.value == "end"
    assert value("own_open", plan="free") == 0
    assert value("own_orders_total", plan="free", outcome="succeeded") == 1
    left = steps()
    next(left)
    left.close()
    assert value("own_orders_total", plan="free", outcome="cancelled") == 1


async def test_an_asynchronous_generator_takes_what_is_sent_and_thrown_into_it(value):
    cleaned = []

    @counted(ORDERS, plan="pro")
    async def steps():
        try:
            got = yield 1
            with suppress(KeyError):
                yield got
            yield "after"
        finally:
            cleaned.append(1)

    made = steps()
    assert await anext(made) == 1
    assert await made.asend("sent") == "sent"
    assert await made.athrow(KeyError()) == "after"
    assert [item async for item in made] == []
    assert value("own_orders_total", plan="pro", outcome="succeeded") == 1
    left = steps()
    await anext(left)
    await left.aclose()
    assert cleaned == [1, 1]
    assert value("own_orders_total", plan="pro", outcome="cancelled") == 1
    failing = steps()
    await anext(failing)
    with pytest.raises(ZeroDivisionError):
        await failing.athrow(ZeroDivisionError())
    assert value("own_orders_total", plan="pro", outcome="failed") == 1


def test_a_block_is_measured_and_may_name_its_labels_inside(value):
    with counted(ORDERS) as order:
        order.label(plan="pro")
    with timed(TIME) as took, counted(ORDERS, plan="free") as handled:
        took.label(plan="free")
        handled.label(outcome="failed")
    assert value("own_orders_total", plan="pro", outcome="succeeded") == 1
    assert value("own_orders_total", plan="free", outcome="failed") == 1
    assert value("own_order_seconds_count", plan="free") == 1


async def test_one_block_object_serves_nested_blocks_tasks_and_threads_at_once(value):
    visit = timed(PLAIN_TIME)

    async def task(seconds):
        async with visit:
            await asyncio.sleep(seconds)

    with visit:
        await asyncio.gather(task(0.02), task(0.03))

    def thread():
        with visit, visit:
            pass

    threads = [threading.Thread(target=thread) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert value("own_visit_seconds_count") == 3 + 8
    assert 0.08 <= value("own_visit_seconds_sum") < 0.5


def test_blocks_of_generators_that_take_turns_are_told_apart(value):
    def one():
        with timed(TIME, plan="free"):
            yield

    def other():
        with timed(TIME, plan="pro"):
            yield

    first, second = one(), other()
    next(first), next(second)
    assert list(first) == list(second) == []
    assert value("own_order_seconds_count", plan="free") == value("own_order_seconds_count", plan="pro") == 1


def test_values_are_observed_from_results_and_from_blocks(value):
    observed(ITEMS, len)(lambda: [1, 2, 3])()
    with observed(ITEMS) as basket:
        basket.value = 20
    observed(STOCK).record(7)
    observed(BYTES)(lambda: 512)()
    counted(ORDERS, plan="pro", outcome="succeeded").add(4)
    timed(TIME, plan="pro").record(0.2)
    assert value("own_basket_items_sum") == 23
    assert value("own_basket_items_bucket", le="10.0") == 1
    assert value("own_stock") == 7
    assert value("own_sent_bytes_total") == 512
    assert value("own_orders_total", plan="pro", outcome="succeeded") == 4
    assert value("own_order_seconds_sum", plan="pro") == 0.2


def test_nothing_of_ours_is_raised_into_the_caller(value, lines):
    @observed(ITEMS, lambda answer: answer.size)
    def wrong():
        return "no size"

    @counted(ORDERS, plan=from_argument("plan", lambda plan: plan.missing))
    def place(plan):
        return plan

    assert wrong() == "no size"
    assert place("pro") == "pro"
    observed(ITEMS).record(float("nan"))
    counted(PLAIN).add(-1)
    with observed(ITEMS):
        pass
    with counted(ORDERS) as nameless:
        nameless.label(size="big")
    assert value("own_orders_total", plan="unknown", outcome="succeeded") == 2
    assert value("telemetry_internal_errors_total", part="own_metrics") == 7
    assert [line["event"] for line in lines()] == ["telemetry.failed"]


def test_what_is_counted_before_the_start_is_there_after_it_and_after_the_next(settings):
    visits, took = counted(PLAIN), timed(TIME, plan="pro")
    place = counted(ORDERS, plan="free")(lambda: None)
    first, second = CollectorRegistry(), CollectorRegistry()
    visits.add(2)
    took.record(0.5)
    place()
    with start(settings, registry=first) as telemetry:
        assert isinstance(telemetry, Telemetry)
        assert first.get_sample_value("own_visits_total") == 2
        visits.add()
        place()
    assert first.get_sample_value("own_visits_total") == 3
    assert first.get_sample_value("own_orders_total", {"plan": "free", "outcome": "succeeded"}) == 2
    assert first.get_sample_value("own_order_seconds_bucket", {"plan": "pro", "le": "0.5"}) == 1
    visits.add(5)
    with start(settings, registry=second):
        visits.add()
    assert second.get_sample_value("own_visits_total") == 6
    assert first.get_sample_value("own_visits_total") == 3


def test_nothing_is_lost_by_threads_that_count_while_telemetry_starts(settings):
    visits, registry = counted(PLAIN), CollectorRegistry()
    begun, stop = threading.Event(), threading.Event()
    totals = []

    def count():
        done = 0
        while not stop.is_set():
            visits.add()
            done += 1
            begun.set()
        totals.append(done)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    begun.wait()
    with start(settings, registry=registry):
        stop.set()
        for thread in threads:
            thread.join()
        assert registry.get_sample_value("own_visits_total") == sum(totals)


async def test_a_route_is_decorated_and_its_observations_lead_to_its_trace(app: FastAPI, client, spans):
    @app.get("/orders/{plan}")
    @timed(TIME, plan=from_argument("plan"))
    @counted(ORDERS, plan=from_argument("plan"))
    async def order(plan: str, size: int = 1) -> dict[str, int]:
        return {"size": size}

    assert (await client.get("/orders/pro?size=3")).json() == {"size": 3}
    assert (await client.get("/orders/pro?size=x")).status_code == 422
    text = (await client.get("/metrics", headers={"accept": "application/openmetrics-text"})).text
    trace = format(spans.server()[0].context.trace_id, "032x")
    (counted_line,) = [line for line in text.splitlines() if line.startswith("own_orders_total{")]
    assert counted_line.startswith('own_orders_total{outcome="succeeded",plan="pro"} 1.0 # {')
    assert f'trace_id="{trace}"' in counted_line
    assert any(
        f'trace_id="{trace}"' in line for line in text.splitlines() if line.startswith("own_order_seconds_bucket")
    )


def test_no_exemplar_outside_a_sampled_span(telemetry, registry):
    counted(PLAIN).add()
    (family,) = [found for found in registry.collect() if found.name == "own_visits"]
    assert family.samples[0].exemplar is None


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: counted("orders"), "counted needs a catalog entry, telemetry.Metric(...); 'orders' is none"),
        (lambda: counted(TIME, plan="pro"), "counted needs a counter or gauge; own_order_seconds is a histogram"),
        (lambda: timed(ITEMS), "timed measures seconds; the unit of own_basket_items is none"),
        (lambda: counted(ORDERS, plna="pro"), "own_orders_total has no label 'plna'; it has plan, outcome"),
        (lambda: counted(ORDERS, plan="gold"), "plan='gold' is not allowed: own_orders_total has free, pro"),
        (lambda: counted(ORDERS, plan=len), "a text, from_argument(...) or from_result(...)"),
        (lambda: counted(ORDERS)(lambda: 1), "own_orders_total needs a value for plan: plan=..."),
        (
            lambda: counted(ORDERS, plan=from_argument("tier"))(lambda plan: plan),
            "plan=from_argument('tier') is not allowed: ",
        ),
    ],
)
def test_a_wrong_use_is_an_error_where_it_is_written(ask, said):
    with pytest.raises(TypeError) as refused:
        ask()
    assert said in str(refused.value)


@pytest.mark.parametrize("early", [False, True])
def test_a_name_that_the_app_registered_itself_is_not_shown_twice(settings, lines, early):
    """Prometheus would take only one of both, and nobody knows which."""
    theirs = prometheus_client.Counter("own_doubled_total", "Theirs.")
    own = counted(Metric("own_doubled_total", "counter", "Ours."))
    try:
        theirs.inc(5)
        if early:
            own.add()
        with start(settings) as telemetry:
            own.add()
            text = generate_latest(telemetry.registry).decode()
    finally:
        prometheus_client.REGISTRY.unregister(theirs)
    assert text.count("# TYPE own_doubled_total counter") == 1
    assert "own_doubled_total 5.0" in text
    (line,) = [line for line in lines() if line["event"] == "telemetry.failed"]
    assert "own_doubled is registered with prometheus_client already" in json.dumps(line)
