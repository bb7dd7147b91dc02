from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import text

from app.database.engine import Database
from app.jobs import workers
from app.jobs.runner import Runner
from app.jobs.series import ServiceSeries, _newest
from app.services import Services
from app.settings import Settings
from telemetry import catalog

FACTS = {"id": "w1", "pid": 1, "device": "cpu", "device_name": "CPU", "model": "m", "version": "1"}


@pytest.fixture
def series(services: Services, settings: Settings) -> ServiceSeries:
    return ServiceSeries(services.database, settings)


def exposed(series: ServiceSeries) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(series)
    return registry


async def test_series_show_queue_and_workers(
    series: ServiceSeries, submit: Any, runner: Runner, database: Database
) -> None:
    first, _ = await submit(), await submit()
    await asyncio.to_thread(runner, first["job_id"])
    await asyncio.to_thread(database.write, workers.present, FACTS)
    await series.refresh()
    value = exposed(series).get_sample_value
    assert value("job_queue_depth", {"operation": "generate", "tier": "standard"}) == 1
    assert value("job_queue_depth", {"operation": "generate", "tier": "premium"}) == 0
    assert (value("job_queue_expected_wait_seconds", {"operation": "generate"}) or 0) > 0
    assert value("job_queue_wait_limit_seconds", {"operation": "generate"}) == 3600
    assert value("job_queue_limit", {"operation": "generate"}) == 1000
    assert (value("job_service_rate", {"operation": "generate"}) or 0) > 0
    assert value("job_running", {"operation": "generate"}) == 0
    assert (value("job_oldest_queued_seconds", {"operation": "generate"}) or 0) > 0
    assert value("worker_heartbeat_timestamp_seconds", {"worker": "w1"}) == pytest.approx(
        datetime.now(UTC).timestamp(), abs=10
    )


async def test_worker_that_stopped_in_order_has_no_heartbeat(series: ServiceSeries, database: Database) -> None:
    await asyncio.to_thread(database.write, workers.present, FACTS)
    await asyncio.to_thread(database.write, workers.beat, "w1", "stopped")
    await series.refresh()
    assert exposed(series).get_sample_value("worker_heartbeat_timestamp_seconds", {"worker": "w1"}) is None


async def test_series_vanish_when_the_database_fails(series: ServiceSeries, database: Database) -> None:
    await series.refresh()
    await asyncio.to_thread(
        database.write, lambda connection: connection.execute(text("ALTER TABLE job RENAME TO gone"))
    )
    with pytest.raises(Exception, match="no such table"):
        await series.refresh()
    value = exposed(series).get_sample_value
    assert value("job_queue_depth", {"operation": "generate", "tier": "standard"}) is None


async def test_scrape_shows_the_series(client: httpx.AsyncClient) -> None:
    while "job_queue_depth" not in (scrape := (await client.get("/metrics")).text):
        pass
    assert 'job_running{operation="generate"} 0.0' in scrape


def test_workers_without_end_show_the_newest_and_one_for_the_rest() -> None:
    began = datetime(2026, 11, 22, tzinfo=UTC)
    found = _newest({f"w{number}": began + timedelta(seconds=number) for number in range(1200)})
    assert len(found) == catalog.WORKER_HEARTBEAT.bound + 1
    assert found["w1199"] == began.timestamp() + 1199
    assert found["other"] == began.timestamp() + 199
    assert "w199" not in found
