from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from sqlalchemy import update

from app.database.engine import Database
from app.database.tables import job, run
from app.jobs import claims
from app.jobs.claim import Claim, Ending, Spent
from app.jobs.files import JobFiles
from app.jobs.job import RunOutcome, State
from app.jobs.queue import TryAgain
from app.jobs.runner import Runner
from app.ledger.book import Book
from app.ledger.entry import BookedPrice
from app.ledger.keeping import Keeper
from telemetry import Telemetry
from telemetry.catalog import Attribute
from tests.app.jobs.conftest import CPU


async def status_of(client: httpx.AsyncClient, headers: dict[str, str], job_id: str) -> dict[str, Any]:
    return (await client.get(f"/status/{job_id}", headers=headers)).json()


def runs(database: Database) -> list[tuple[int, str, str]]:
    query = run.select().order_by(run.c.attempt)
    return [
        (row.attempt, row.kind, row.outcome)
        for row in database.read(lambda connection: connection.execute(query).all())
    ]


async def test_job_ends_with_a_result_that_can_be_fetched_whole_and_in_ranges(
    client: httpx.AsyncClient, acme: dict[str, str], runner: Runner, submit: Any, wav: bytes
) -> None:
    job_id = (await submit())["job_id"]
    await asyncio.to_thread(runner, job_id)
    status = await status_of(client, acme, job_id)
    assert (status["status"], status["progress"], status["attempts"], status["device"]) == ("succeeded", 1, 1, "cpu")
    assert status["gpu_seconds"] > 0
    assert status["cost_usd"] == pytest.approx(status["gpu_seconds"] * 0.00019, rel=1e-3, abs=1e-9)
    whole = await client.get(status["result_url"], headers=acme)
    assert (whole.status_code, whole.headers["content-type"], whole.content) == (200, "video/mp4", wav)
    assert whole.headers["content-length"] == str(len(wav))
    part = await client.get(status["result_url"], headers=acme | {"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, wav[4:8])


async def test_second_delivery_of_a_finished_job_does_nothing(
    client: httpx.AsyncClient, acme: dict[str, str], runner: Runner, submit: Any, database: Database
) -> None:
    job_id = (await submit())["job_id"]
    await asyncio.to_thread(runner, job_id)
    first = await status_of(client, acme, job_id)
    await asyncio.to_thread(runner, job_id)
    assert await status_of(client, acme, job_id) == first
    assert await asyncio.to_thread(runs, database) == [(1, "job", "succeeded")]


async def test_failing_model_is_tried_three_times_and_then_given_up(
    client: httpx.AsyncClient, acme: dict[str, str], runner: Runner, submit: Any, database: Database, files: JobFiles
) -> None:
    job_id = (await submit("break"))["job_id"]
    for _ in range(2):
        with pytest.raises(TryAgain):
            await asyncio.to_thread(runner, job_id)
        assert (await status_of(client, acme, job_id))["status"] == "queued"
    await asyncio.to_thread(runner, job_id)
    status = await status_of(client, acme, job_id)
    assert (status["status"], status["attempts"], status["error"]["code"]) == ("failed", 3, "generation_failed")
    assert "RuntimeError" in status["error"]["message"]
    assert "this model is broken" not in str(status)
    assert [outcome for _, _, outcome in await asyncio.to_thread(runs, database)] == ["failed"] * 3
    assert list(files.results.iterdir()) == []
    gone = await client.get(f"/result/{job_id}", headers=acme)
    assert (gone.status_code, gone.json()["code"]) == (410, "job_failed")


async def test_second_run_succeeds_and_is_booked_as_retry(
    client: httpx.AsyncClient,
    acme: dict[str, str],
    runner: Runner,
    submit: Any,
    database: Database,
    telemetry: Telemetry,
) -> None:
    job_id = (await submit("break-once"))["job_id"]
    with pytest.raises(TryAgain):
        await asyncio.to_thread(runner, job_id)
    await asyncio.to_thread(runner, job_id)
    assert (await status_of(client, acme, job_id))["status"] == "succeeded"
    assert await asyncio.to_thread(runs, database) == [(1, "failed", "failed"), (2, "retry", "succeeded")]
    value = telemetry.registry.get_sample_value
    assert value("job_retries_total", {"operation": "generate"}) == 1
    assert (value("cost_usd_total", {"kind": "retry"}) or 0) > 0
    assert value("job_finished_total", {"operation": "generate", "outcome": "succeeded", "tier": "standard"}) == 1


async def test_input_that_turns_out_broken_fails_at_once_and_names_the_field(
    client: httpx.AsyncClient, acme: dict[str, str], runner: Runner, submit: Any
) -> None:
    job_id = (await submit("unusable"))["job_id"]
    await asyncio.to_thread(runner, job_id)
    status = await status_of(client, acme, job_id)
    assert (status["status"], status["attempts"], status["error"]["code"]) == ("failed", 1, "invalid_input")
    assert status["error"]["message"].startswith("image: ")


async def test_job_of_a_dead_worker_is_run_again_and_what_it_cost_is_kept(
    client: httpx.AsyncClient, acme: dict[str, str], runner: Runner, submit: Any, database: Database
) -> None:
    job_id = (await submit())["job_id"]
    lost = await asyncio.to_thread(database.write, claims.claim, job_id, "dead", device="cpu", model="tiny-1")
    assert isinstance(lost, Claim)
    spent = update(run).where(run.c.job_id == job_id).values(gpu_seconds=5.0, cost_nanousd=950_000)
    await asyncio.to_thread(database.write, lambda connection: connection.execute(spent))
    await asyncio.to_thread(runner, job_id)
    status = await status_of(client, acme, job_id)
    assert (status["status"], status["attempts"]) == ("succeeded", 2)
    assert status["gpu_seconds"] > 5
    assert status["cost_usd"] > 0.00095
    assert await asyncio.to_thread(runs, database) == [(1, "job", "lost"), (2, "retry", "succeeded")]


async def test_job_that_kills_its_workers_is_given_up(
    client: httpx.AsyncClient, acme: dict[str, str], runner: Runner, submit: Any, database: Database
) -> None:
    job_id = (await submit())["job_id"]
    for _ in range(3):
        assert isinstance(
            await asyncio.to_thread(database.write, claims.claim, job_id, "dying", device="cpu", model="tiny-1"), Claim
        )
    await asyncio.to_thread(runner, job_id)
    status = await status_of(client, acme, job_id)
    assert (status["status"], status["attempts"], status["error"]["code"]) == ("failed", 3, "attempts_exhausted")


async def test_worker_that_was_thought_dead_cannot_end_the_job(
    client: httpx.AsyncClient, acme: dict[str, str], runner_of: Callable[[str], Runner], submit: Any, database: Database,
    files: JobFiles,
) -> None:  # fmt: skip
    job_id = (await submit("slow=60"))["job_id"]
    slow = threading.Thread(target=runner_of("w1"), args=(job_id,))
    slow.start()
    while (
        await asyncio.to_thread(
            database.read, lambda connection: connection.scalar(job.select().with_only_columns(job.c.stage))
        )
        != "animate"
    ):
        pass
    second = await asyncio.to_thread(database.write, claims.claim, job_id, "w2", device="cpu", model="tiny-1")
    assert isinstance(second, Claim)
    slow.join(timeout=30)
    assert not slow.is_alive()
    status = await status_of(client, acme, job_id)
    assert (status["status"], status["attempts"]) == ("running", 2)
    assert list(files.results.iterdir()) == []


async def test_waiting_job_is_cancelled_at_once_and_never_runs(
    client: httpx.AsyncClient, acme: dict[str, str], runner: Runner, submit: Any, database: Database
) -> None:
    job_id = (await submit())["job_id"]
    cancelled = await client.post(f"/cancel/{job_id}", headers=acme)
    assert cancelled.json()["status"] == "cancelled"
    await asyncio.to_thread(runner, job_id)
    assert await asyncio.to_thread(runs, database) == []
    again = await client.post(f"/cancel/{job_id}", headers=acme)
    assert (again.status_code, again.json()["code"]) == (409, "job_already_finished")
    gone = await client.get(f"/result/{job_id}", headers=acme)
    assert (gone.status_code, gone.json()["code"]) == (410, "job_cancelled")


async def test_job_cancelled_many_times_at_once_is_cancelled_and_counted_once(
    client: httpx.AsyncClient,
    acme: dict[str, str],
    submit: Any,
    telemetry: Telemetry,
    capsys: pytest.CaptureFixture[str],
) -> None:
    job_id = (await submit())["job_id"]
    answers = await asyncio.gather(*(client.post(f"/cancel/{job_id}", headers=acme) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]
    labels = {"operation": "generate", "outcome": "cancelled", "tier": "standard"}
    assert telemetry.registry.get_sample_value("job_finished_total", labels) == 1
    assert capsys.readouterr().out.count('"job.cancel_requested"') == 1


async def test_running_job_may_be_cancelled_again(
    client: httpx.AsyncClient, acme: dict[str, str], submit: Any, database: Database
) -> None:
    job_id = (await submit())["job_id"]
    await asyncio.to_thread(database.write, claims.claim, job_id, "w1", device="cpu", model="tiny-1")
    first, second = [await client.post(f"/cancel/{job_id}", headers=acme) for _ in range(2)]
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert first.json()["cancel_requested"]


async def test_job_that_was_handed_back_before_it_stopped_may_be_cancelled_again(
    client: httpx.AsyncClient, acme: dict[str, str], submit: Any, database: Database, telemetry: Telemetry
) -> None:
    job_id = (await submit())["job_id"]
    mine = await asyncio.to_thread(database.write, claims.claim, job_id, "w1", device="cpu", model="tiny-1")
    assert isinstance(mine, Claim)
    assert (await client.post(f"/cancel/{job_id}", headers=acme)).json()["status"] == "running"
    handed_back = Ending(RunOutcome.HANDED_BACK, State.QUEUED, Spent(0.0, 0, "cancelled"))
    await asyncio.to_thread(database.write, claims.end, mine, handed_back)
    again = await client.post(f"/cancel/{job_id}", headers=acme)
    assert (again.status_code, again.json()["status"]) == (200, "cancelled")
    labels = {"operation": "generate", "outcome": "cancelled", "tier": "standard"}
    assert telemetry.registry.get_sample_value("job_finished_total", labels) == 1


async def test_notes_of_the_generator_are_shown(
    client: httpx.AsyncClient, acme: dict[str, str], runner: Runner, submit: Any
) -> None:
    job_id = (await submit("note=no-face note=dark"))["job_id"]
    assert (await status_of(client, acme, job_id))["notes"] == []
    await asyncio.to_thread(runner, job_id)
    assert (await status_of(client, acme, job_id))["notes"] == ["no-face", "dark"]


async def test_running_job_stops_when_it_is_cancelled(
    client: httpx.AsyncClient, acme: dict[str, str], runner: Runner, submit: Any, database: Database, files: JobFiles
) -> None:
    job_id = (await submit("slow=30"))["job_id"]
    running = threading.Thread(target=runner, args=(job_id,))
    running.start()
    while (await status_of(client, acme, job_id))["status"] != "running":
        pass
    early = await client.get(f"/result/{job_id}", headers=acme)
    assert (early.status_code, early.json()["code"]) == (409, "job_not_finished")
    asked = (await client.post(f"/cancel/{job_id}", headers=acme)).json()
    assert (asked["status"], asked["cancel_requested"]) == ("running", True)
    running.join(timeout=3)
    assert not running.is_alive()
    assert (await status_of(client, acme, job_id))["status"] == "cancelled"
    assert await asyncio.to_thread(runs, database) == [(1, "cancelled", "cancelled")]
    assert list(files.results.iterdir()) == []


async def test_cost_of_a_card_without_a_price_is_unknown_everywhere(
    client: httpx.AsyncClient,
    acme: dict[str, str],
    keeper: Keeper,
    runner: Runner,
    submit: Any,
    spans: InMemorySpanExporter,
) -> None:
    keeper.book = Book(CPU, BookedPrice(None, "no price for Test CPU"))
    job_id = (await submit())["job_id"]
    await asyncio.to_thread(runner, job_id)
    status = await status_of(client, acme, job_id)
    assert (status["status"], status["cost_usd"]) == ("succeeded", None)
    assert status["gpu_seconds"] > 0
    (run_span,) = [span for span in spans.get_finished_spans() if span.name == "job generate"]
    assert Attribute.COST_USD not in (run_span.attributes or {})
    (row,) = (await client.get("/usage", headers=acme)).json()["rows"]
    assert (row["cost_usd"], row["unpriced_gpu_seconds"]) == (0, pytest.approx(status["gpu_seconds"]))


async def test_job_that_is_priced_afterwards_costs_what_its_runs_did(
    client: httpx.AsyncClient,
    acme: dict[str, str],
    admin: dict[str, str],
    keeper: Keeper,
    runner: Runner,
    submit: Any,
) -> None:
    keeper.book = Book(CPU, BookedPrice(None, "no price for Test CPU"))
    again, once, priced = [(await submit(prompt))["job_id"] for prompt in ("break", "break", "hello")]
    for job_id in (again, once):
        with pytest.raises(TryAgain):
            await asyncio.to_thread(runner, job_id)
    keeper.book = Book(CPU, BookedPrice(190_000, "test"))
    for job_id in (again, priced):
        with suppress(TryAgain):
            await asyncio.to_thread(runner, job_id)
    own = (await status_of(client, acme, priced))["cost_usd"]
    assert own > 0
    assert [(await status_of(client, acme, job_id))["cost_usd"] for job_id in (again, once)] == [None, None]
    tag = (await client.get(f"/status/{again}", headers=acme)).headers["etag"]
    wanted = {"device_name": CPU.name, "usd_per_second": 0.00019}
    assert (await client.post("/usage/price", headers=admin, json=wanted)).status_code == 200
    changed = await client.get(f"/status/{again}", headers=acme | {"if-none-match": tag})
    assert changed.json()["cost_usd"] == pytest.approx(changed.json()["gpu_seconds"] * 0.00019, abs=3e-9)
    status = await status_of(client, acme, once)
    assert status["cost_usd"] == pytest.approx(status["gpu_seconds"] * 0.00019, abs=3e-9)
    assert (await status_of(client, acme, priced))["cost_usd"] == own
    (row,) = (await client.get("/usage", headers=acme)).json()["rows"]
    costs = [(await status_of(client, acme, job_id))["cost_usd"] for job_id in (again, once, priced)]
    assert (sum(costs), 0) == (pytest.approx(row["cost_usd"]), row["unpriced_gpu_seconds"])


async def test_job_is_one_trace_from_the_request_to_the_stored_video(
    runner: Runner, submit: Any, spans: InMemorySpanExporter
) -> None:
    accepted = await submit()
    await asyncio.to_thread(runner, accepted["job_id"])
    whole = [
        span for span in spans.get_finished_spans() if format(span.context.trace_id, "032x") == accepted["trace_id"]
    ]
    assert {"SELECT api_key", "INSERT job", "UPDATE run"} <= {s.name for s in whole if s.kind is SpanKind.CLIENT}
    trace = [span for span in whole if span.kind is not SpanKind.CLIENT]
    by_name: dict[str, ReadableSpan] = {span.name: span for span in trace}
    assert len(trace) == len(by_name) == 9
    tree = {
        "queue wait": "POST /generate",
        "job generate": "POST /generate",
        "inspect": "job generate",
        "gpu work": "job generate",
        "decode": "gpu work",
        "animate": "gpu work",
        "encode": "gpu work",
        "store": "job generate",
    }
    for child, parent in tree.items():
        context = by_name[child].parent
        assert context is not None
        assert context.span_id == by_name[parent].context.span_id, child
    run_span = by_name["job generate"]
    assert run_span.kind is SpanKind.CONSUMER
    assert run_span.attributes is not None
    assert run_span.attributes[Attribute.CUSTOMER] == "acme"
    assert run_span.attributes[Attribute.OUTCOME] == "succeeded"
    assert run_span.attributes[Attribute.COST_USD] == pytest.approx(
        float(str(run_span.attributes[Attribute.GPU_SECONDS])) * 0.00019, abs=1.1e-9
    )
    wait = by_name["queue wait"]
    assert wait.start_time is not None
    assert wait.end_time is not None
    assert wait.start_time <= wait.end_time <= (run_span.start_time or 0)


async def test_customers_do_not_see_each_others_jobs(
    client: httpx.AsyncClient, admin: dict[str, str], acme: dict[str, str], submit: Any
) -> None:
    job_id = (await submit())["job_id"]
    made = await client.post("/keys", headers=admin, json={"customer": "rival"})
    rival = {"Authorization": f"Bearer {made.json()['key']}"}
    for method, path in (("GET", "/status"), ("GET", "/result"), ("POST", "/cancel")):
        answer = await client.request(method, f"{path}/{job_id}", headers=rival)
        assert (answer.status_code, answer.json()["code"]) == (404, "job_unknown")
    assert (await client.get("/jobs", headers=rival)).json()["jobs"] == []
    assert [each["job_id"] for each in (await client.get("/jobs", headers=acme)).json()["jobs"]] == [job_id]
    assert [each["job_id"] for each in (await client.get("/jobs", headers=admin)).json()["jobs"]] == [job_id]


async def test_list_is_paged_and_filtered(
    client: httpx.AsyncClient, acme: dict[str, str], runner: Runner, submit: Any
) -> None:
    ids = [(await submit())["job_id"] for _ in range(3)]
    await asyncio.to_thread(runner, ids[0])
    page = (await client.get("/jobs", headers=acme, params={"limit": 2})).json()
    rest = (await client.get(page["next"], headers=acme)).json()
    assert [each["job_id"] for each in page["jobs"] + rest["jobs"]] == ids[::-1]
    assert (rest["next_cursor"], rest["next"]) == (None, None)
    done = (await client.get("/jobs", headers=acme, params={"status": "succeeded"})).json()
    assert [each["job_id"] for each in done["jobs"]] == [ids[0]]
    wrong = await client.get("/jobs", headers=acme, params={"limit": 0, "status": "done"})
    assert {error["field"] for error in wrong.json()["errors"]} == {"limit", "status"}
