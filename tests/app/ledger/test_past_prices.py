"""Seconds that had no price get one: to the last nano-dollar, once, and only they."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine

from app.database.engine import Database
from app.database.tables import metadata
from app.ledger.entry import BookedPrice, Entry, Held
from app.ledger.past_prices import Priced, price_past
from app.ledger.rows import totals, write
from app.ledger.timeline import NANO
from telemetry.gpu import Device

BEGAN = datetime(2026, 11, 22, tzinfo=UTC)


def book(database: Database, nanoseconds: int, nanousd: int | None, name: str = "NVIDIA X") -> None:
    held = Held(uuid.uuid4().hex, 1, "acme", "generate", "tiny")
    entry = Entry(uuid.uuid4().hex, "job", held, BEGAN, BEGAN, nanoseconds, nanousd)
    database.write(write, "w1", Device("gpu", name), BookedPrice(nanousd, "test"), [entry])


def costs(database: Database) -> tuple[int, int]:
    (total,) = database.read(totals, BEGAN, BEGAN + timedelta(days=1), [])
    return total.nanousd, total.unpriced_nanoseconds


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 900 * NANO), min_size=1, max_size=12), st.integers(0, NANO))
def test_priced_is_what_all_those_seconds_cost_rounded_down_once(times: list[int], price: int) -> None:
    database = Database(create_engine("sqlite://"))
    metadata.create_all(database.engine)
    for nanoseconds in times:
        book(database, nanoseconds, None)
    done = database.write(price_past, "NVIDIA X", price, "later")
    assert done == Priced(len(times), sum(times), price * sum(times) // NANO)
    assert costs(database) == (done.nanousd, 0)
    database.engine.dispose()


def test_only_seconds_of_that_device_without_a_price_are_priced_and_once(database: Database) -> None:
    book(database, NANO, 5)
    book(database, NANO, None)
    book(database, NANO, None, "NVIDIA Y")
    assert database.write(price_past, "NVIDIA X", 190_000, "later") == Priced(1, NANO, 190_000)
    assert costs(database) == (190_005, NANO)
    assert database.write(price_past, "NVIDIA X", 999, "later") == Priced()


async def test_hard_budget_opens_when_the_past_is_priced(
    client: httpx.AsyncClient,
    admin: dict[str, str],
    acme: dict[str, str],
    form: dict[str, tuple[str | None, bytes]],
    database: Database,
) -> None:
    held = Held("job", 1, "acme", "generate", "tiny")
    entry = Entry("row", "job", held, datetime.now(UTC), datetime.now(UTC), 3 * NANO, None)
    await asyncio.to_thread(
        database.write, write, "w1", Device("gpu", "NVIDIA X"), BookedPrice(None, "not known"), [entry]
    )
    await client.put("/budgets/customers/acme/month", headers=admin, json={"hard_usd": 1})
    assert (await client.post("/generate", headers=acme, files=form)).json()["code"] == "cost_unknown"
    wanted = {"device_name": "NVIDIA X", "usd_per_second": 0.01}
    assert (await client.post("/usage/price", headers=acme, json=wanted)).status_code == 403
    done = await client.post("/usage/price", headers=admin, json=wanted)
    assert done.json() == {"rows": 1, "gpu_seconds": 3, "cost_usd": 0.03}
    assert (await client.post("/generate", headers=acme, files=form)).status_code == 202


@pytest.mark.parametrize("wrong", [{"usd_per_second": -1}, {"usd_per_second": 2}, {"device_name": ""}, {"x": 1}])
async def test_wrong_prices_name_the_field(
    client: httpx.AsyncClient, admin: dict[str, str], wrong: dict[str, object]
) -> None:
    good: dict[str, object] = {"device_name": "NVIDIA X", "usd_per_second": 0.01}
    answer = await client.post("/usage/price", headers=admin, json=good | wrong)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, *wrong)
