"""The service's figures besides those of requests: money's neighbours, errors by code, database, cache, loops."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import update

from app.database.engine import Database
from app.database.tables import job, ledger
from app.errors import Code
from app.jobs.reconciler import Reconciler
from app.jobs.runner import Runner
from app.keys.store import list_keys
from app.services import Services
from app.settings import Settings
from telemetry import Telemetry
from tests.app.jobs.test_reconciler import LONG_AGO, forget_delivery

Value = Callable[..., float | None]
BACKGROUND = {"read service series", "sweep files", "reconcile jobs", "check health", "note key uses"}


@pytest.fixture
def value(telemetry: Telemetry) -> Value:
    return lambda name, **labels: telemetry.registry.get_sample_value(name, labels)


def labels_of(telemetry: Telemetry, name: str, label: str) -> set[str]:
    found = (sample for family in telemetry.registry.collect() for sample in family.samples)
    return {sample.labels[label] for sample in found if sample.name == name}


async def test_what_is_sent_made_and_fetched_is_counted_in_bytes(
    client: httpx.AsyncClient, acme: dict[str, str], submit: Any, runner: Runner, value: Value, portrait: bytes
) -> None:
    assert value("job_input_bytes_total", operation="generate", field="image") == 0
    job_id = (await submit("hello"))["job_id"]
    await asyncio.to_thread(runner, job_id)
    for _ in range(2):
        video = await client.get(f"/result/{job_id}", headers=acme)
    assert value("job_input_bytes_total", operation="generate", field="image") == len(portrait)
    assert value("job_input_bytes_total", operation="generate", field="prompt") == len("hello")
    assert value("job_output_bytes_total", operation="generate") == len(video.content)
    assert value("job_results_fetched_total", operation="generate") == 2


async def test_what_is_refused_counts_no_bytes(
    client: httpx.AsyncClient, acme: dict[str, str], form: dict[str, Any], value: Value
) -> None:
    await client.post("/generate", headers=acme, files=form | {"image": ("x", b"no image")})
    assert value("job_input_bytes_total", operation="generate", field="image") == 0


async def test_every_answer_with_a_problem_is_counted_by_its_code(
    client: httpx.AsyncClient, acme: dict[str, str], telemetry: Telemetry, value: Value
) -> None:
    assert labels_of(telemetry, "problems_total", "code") == {code.code for code in Code}
    await client.get("/status/00000000000000000000000000000000", headers=acme)
    await client.get("/nowhere")
    await client.get("/jobs")
    assert value("problems_total", code="job_unknown") == 1
    assert value("problems_total", code="route_unknown") == 1
    assert value("problems_total", code="key_missing") == 1
    assert value("problems_total", code="internal") == 0


async def test_database_and_queue_show_operations_and_connections(client: httpx.AsyncClient, value: Value) -> None:
    await client.get("/health")
    operation = {"db_system_name": "sqlite", "error_type": ""}
    for name in ("BEGIN", "SELECT", "COMMIT"):
        assert value("db_client_operation_duration_seconds_count", db_operation_name=name, **operation), name
    for pool in ("service", "queue"):
        states = [
            value("db_client_connections", db_client_connection_pool_name=pool, db_client_connection_state=state)
            for state in ("idle", "used")
        ]
        assert None not in states
        assert value("db_client_connection_max", db_client_connection_pool_name=pool) == 15
        assert value("db_client_connection_wait_time_seconds_count", db_client_connection_pool_name=pool)


async def test_keys_that_were_just_looked_up_come_from_the_cache(
    client: httpx.AsyncClient, acme: dict[str, str], value: Value
) -> None:
    for _ in range(3):
        await client.get("/jobs", headers=acme)
    assert value("cache_lookups_total", cache="keys", outcome="miss") == 1
    assert value("cache_lookups_total", cache="keys", outcome="hit") == 2
    assert value("cache_entries", cache="keys") == 1


async def test_every_background_loop_is_there_and_says_when_it_last_succeeded(
    services: Services, telemetry: Telemetry, value: Value
) -> None:
    await services.health.report()
    assert labels_of(telemetry, "background_task_runs_total", "task") >= BACKGROUND
    await asyncio.sleep(0)
    succeeded = {task: value("background_task_runs_total", task=task, outcome="succeeded") for task in BACKGROUND}
    assert all(runs is not None for runs in succeeded.values())
    assert value("background_task_runs_total", task="read service series", outcome="failed") == 0


async def test_what_the_reconciler_puts_right_is_counted(services: Services, submit: Any, value: Value) -> None:
    job_id = (await submit())["job_id"]
    before = value("job_reconciled_total", action="enqueued_late") or 0
    forget_delivery(services, job_id)
    lost = update(job).values(enqueued_at=None, created_at=LONG_AGO)
    await services.database.write(lambda connection: connection.execute(lost))
    await Reconciler(services.database, services.queue).run()
    assert value("job_reconciled_total", action="enqueued_late") == before + 1


@pytest.mark.integration
async def test_promtool_finds_nothing_wrong_with_the_whole_exposition(
    client: httpx.AsyncClient, submit: Any, runner: Runner, promtool: str
) -> None:
    await asyncio.to_thread(runner, (await submit())["job_id"])
    text = (await client.get("/metrics")).text
    families = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE ")}
    assert len(families) > 60
    ran = await asyncio.to_thread(
        subprocess.run, [promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")


async def test_key_of_a_job_is_on_its_lines_its_span_and_in_the_ledger(
    submit: Any,
    runner: Runner,
    settings: Settings,
    database: Database,
    spans: InMemorySpanExporter,
    capfd: pytest.CaptureFixture[str],
) -> None:
    job_id = (await submit("hello"))["job_id"]
    await asyncio.to_thread(runner, job_id)
    (key,) = list_keys(settings, customer="acme")
    booked = database.read(lambda connection: connection.execute(ledger.select()).all())
    assert {(row.job_id, row.key_id, row.tier) for row in booked if row.job_id} == {(job_id, key.id, "standard")}
    (span,) = (span for span in spans.get_finished_spans() if span.name == "job generate")
    assert (span.attributes or {})["plainview.key.id"] == key.id
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines() if '"event":"job.' in line]
    assert {line["event"] for line in lines} >= {"job.accepted", "job.started", "job.finished"}
    assert {(line["key_id"], line["tier"]) for line in lines} == {(key.id, "standard")}
