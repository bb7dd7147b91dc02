from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from app.jobs.runner import Runner
from app.keys.key import TIERS
from telemetry import Telemetry, catalog


@pytest.fixture
def registry(telemetry: Telemetry) -> CollectorRegistry:
    return telemetry.registry


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("outcome", ["succeeded", "failed", "cancelled"])
def test_worker_shows_every_outcome_of_every_tier_before_its_first_job(
    runner: Runner, registry: CollectorRegistry, tier: str, outcome: str
) -> None:
    labels = {"operation": "generate", "outcome": outcome, "tier": tier}
    assert registry.get_sample_value("job_finished_total", labels) == 0


def test_worker_shows_what_its_first_job_will_cost_from_zero(runner: Runner, registry: CollectorRegistry) -> None:
    kinds = ("job", "retry", "cancelled", "failed")
    assert [registry.get_sample_value("cost_usd_total", {"kind": kind}) for kind in kinds] == [0, 0, 0, 0]
    assert registry.get_sample_value("job_gpu_seconds_total", {"operation": "generate", "device": "cpu"}) == 0


@pytest.mark.parametrize("tier", TIERS)
async def test_api_shows_its_counts_from_zero(
    client: httpx.AsyncClient, registry: CollectorRegistry, tier: str
) -> None:
    labels = {"operation": "generate", "tier": tier}
    assert registry.get_sample_value("job_submitted_total", labels) == 0
    assert registry.get_sample_value("job_finished_total", labels | {"outcome": "cancelled"}) == 0
    refused = {"operation": "generate", "code": "invalid_input"}
    assert registry.get_sample_value("job_rejected_total", refused) == 0
    assert registry.get_sample_value("auth_attempts_total", {"outcome": "unknown"}) == 0


async def test_histograms_of_jobs_lead_to_the_spans_of_one(
    runner: Runner, submit: Any, registry: CollectorRegistry, spans: InMemorySpanExporter
) -> None:
    accepted = await submit()
    await asyncio.to_thread(runner, accepted["job_id"])
    ids = {
        span.name: {"trace_id": format(span.context.trace_id, "032x"), "span_id": format(span.context.span_id, "016x")}
        for span in spans.get_finished_spans()
        if format(span.context.trace_id, "032x") == accepted["trace_id"]
    }
    found = {
        (family.name, sample.labels.get("stage")): sample.exemplar.labels
        for family in text_string_to_metric_families(generate_latest(registry).decode())
        for sample in family.samples
        if sample.exemplar is not None
    }
    job = ids["job generate"]
    assert found[catalog.JOB_DURATION.name, None] == job
    assert found[catalog.JOB_QUEUE_WAIT.name, None] == job
    for stage in ("decode", "animate", "encode", "store"):
        assert found[catalog.JOB_STAGE_DURATION.name, stage] == ids[stage]
