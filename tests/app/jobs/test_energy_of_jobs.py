"""What a job tells of its energy, where a price of it is set."""

import asyncio
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import httpx
import pytest

from app.database.engine import Database
from app.jobs.runner import Runner
from app.settings import Settings
from tests.app.ledger.test_energy import book


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With a price and a carbon intensity of energy."""
    return settings.model_copy(update={"energy_usd_per_kwh": Decimal("0.36"), "energy_gco2_per_kwh": Decimal(720)})


async def test_status_and_log_line_tell_energy_beside_cost(
    client: httpx.AsyncClient,
    acme: Mapping[str, str],
    submit: Any,
    runner: Runner,
    database: Database,
    capsys: pytest.CaptureFixture[str],
) -> None:
    job_id = (await submit())["job_id"]
    assert (await client.get(f"/status/{job_id}", headers=acme)).json()["energy"] is None
    await asyncio.to_thread(book, database, job_id, 9, 50_000, "power")
    await asyncio.to_thread(runner, job_id)
    status = (await client.get(f"/status/{job_id}", headers=acme)).json()
    assert status["energy"] == {"joules": 50_000, "estimated": True, "cost_usd": 0.005, "co2_grams": 10}
    (line,) = (line for line in capsys.readouterr().out.splitlines() if '"job.finished"' in line)
    told = json.loads(line)
    assert (told["joules"], told["energy_cost_usd"], told["co2_grams"]) == (50_000, 0.005, 10)
    assert told["cost_usd"] == status["cost_usd"] < 0.001
