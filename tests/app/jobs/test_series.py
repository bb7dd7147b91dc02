from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import text

from app.database.engine import Database
from app.jobs import workers
from app.jobs.runner import Runner
from app.jobs.series import ServiceSeries, _newest, periods
from app.ledger.entry import Entry, Held, Price
from app.ledger.rows import write
from app.ledger.timeline import NANO
from app.services import Services
from app.settings import Settings
from telemetry import catalog
from tests.app.jobs.conftest import CPU

FACTS = {"id": "w1", "pid": 1, "device": "cpu", "device_name": "CPU", "model": "m", "version": "1"}


@pytest.fixture
def series(services: Services, settings: Settings) -> ServiceSeries:
    return ServiceSeries(services.database, settings)


def exposed(series: ServiceSeries) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(series)
    return registry


async def test_series_show_queue_workers_and_cost(
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
    day = value("cost_period_usd", {"period": "day"})
    assert day == value("cost_period_usd", {"period": "month"})
    assert (day or 0) > 0


async def test_cost_of_a_day_is_what_runs_cost_since_midnight(series: ServiceSeries, database: Database) -> None:
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    held = Held("job", 1, "acme", "generate", "tiny")
    entries = [
        Entry("yesterday", "job", held, midnight - timedelta(minutes=1), midnight, NANO, 4_000_000_000),
        Entry("today", "retry", held, midnight, midnight, NANO, 2_000_000_000),
        Entry("idle", "idle", None, midnight, midnight, NANO, 1_000_000_000),
    ]
    await asyncio.to_thread(database.write, write, "w1", CPU, Price(190_000, "test"), entries)
    await series.refresh()
    assert exposed(series).get_sample_value("cost_period_usd", {"period": "day"}) == 2
    assert exposed(series).get_sample_value("paid_period_usd", {"period": "day"}) == 3


async def test_worker_that_stopped_in_order_has_no_heartbeat(series: ServiceSeries, database: Database) -> None:
    await asyncio.to_thread(database.write, workers.present, FACTS)
    await asyncio.to_thread(database.write, workers.beat, "w1", "stopped")
    await series.refresh()
    assert exposed(series).get_sample_value("worker_heartbeat_timestamp_seconds", {"worker": "w1"}) is None


async def test_series_vanish_when_the_database_fails(series: ServiceSeries, database: Database) -> None:
    await series.refresh()
    await asyncio.to_thread(
        database.write, lambda connection: connection.execute(text("ALTER TABLE ledger RENAME TO gone"))
    )
    with pytest.raises(Exception, match="no such table"):
        await series.refresh()
    value = exposed(series).get_sample_value
    assert value("job_queue_depth", {"operation": "generate", "tier": "standard"}) is None
    assert value("cost_period_usd", {"period": "day"}) is None


async def test_scrape_shows_the_series(client: httpx.AsyncClient) -> None:
    while "job_queue_depth" not in (scrape := (await client.get("/metrics")).text):
        pass
    assert 'cost_period_usd{period="day"} 0.0' in scrape


@pytest.mark.parametrize(
    ("zone", "day", "month"),
    [
        ("UTC", "2026-03-31T00:00:00+00:00", "2026-03-01T00:00:00+00:00"),
        ("Asia/Tokyo", "2026-03-31T15:00:00+00:00", "2026-03-31T15:00:00+00:00"),
        ("Europe/Berlin", "2026-03-30T22:00:00+00:00", "2026-02-28T23:00:00+00:00"),
    ],
)
def test_days_and_months_begin_in_the_configured_time_zone(zone: str, day: str, month: str) -> None:
    moment = datetime(2026, 3, 31, 16, 0, tzinfo=UTC)
    begins = periods(moment, ZoneInfo(zone))
    assert {name: start.astimezone(UTC).isoformat() for name, start in begins.items()} == {"day": day, "month": month}


def test_day_with_two_midnights_begins_at_the_first() -> None:
    begins = periods(datetime(2026, 11, 1, 5, 30, tzinfo=UTC), ZoneInfo("America/Havana"))  # half past the second one
    first = datetime(2026, 11, 1, 4, tzinfo=UTC)
    assert {name: start.astimezone(UTC) for name, start in begins.items()} == {"day": first, "month": first}


def test_workers_without_end_show_the_newest_and_one_for_the_rest() -> None:
    began = datetime(2026, 11, 22, tzinfo=UTC)
    found = _newest({f"w{number}": began + timedelta(seconds=number) for number in range(1200)})
    assert len(found) == catalog.WORKER_HEARTBEAT.bound + 1
    assert found["w1199"] == began.timestamp() + 1199
    assert found["other"] == began.timestamp() + 199
    assert "w199" not in found
