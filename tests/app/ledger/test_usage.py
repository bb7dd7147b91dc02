"""Usage for calendar stretches of a time zone, and who may see it over HTTP."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.application import create_app
from app.database.engine import Database
from app.ledger.entry import BookedPrice, Entry, Held
from app.ledger.rows import write
from app.ledger.timeline import NANO, Kind
from app.ledger.usage import MOST_STRETCHES, stretches
from app.settings import Settings
from telemetry import Telemetry
from telemetry.gpu import Device
from tests.app.conftest import client_of

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
CARD = Device("gpu", "NVIDIA L4", "GPU-1")
TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def local(*parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=AMSTERDAM, fold=fold)


def hours(found: list[tuple[datetime, datetime]]) -> list[float]:
    return [(end.astimezone(UTC) - start.astimezone(UTC)) / timedelta(hours=1) for start, end in found]


def test_days_have_the_hours_that_clocks_give_them() -> None:
    autumn = stretches(local(2026, 10, 24), local(2026, 10, 27), "day", AMSTERDAM)
    spring = stretches(local(2026, 3, 28), local(2026, 3, 31), "day", AMSTERDAM)
    assert (hours(autumn), hours(spring)) == ([24, 25, 24], [24, 23, 24])


def test_hour_that_comes_twice_is_two_hours() -> None:
    found = stretches(local(2026, 10, 25, 1), local(2026, 10, 25, 4), "hour", AMSTERDAM)
    assert hours(found) == [1, 1, 1, 1]
    assert [start.isoformat() for start, _ in found][1:3] == ["2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00"]


def test_time_may_end_within_the_hour_that_comes_twice() -> None:
    found = stretches(local(2026, 10, 25, 1, 30), local(2026, 10, 25, 2, 30), "hour", AMSTERDAM)
    assert hours(found) == [0.5, 0.5]


def test_months_are_those_of_the_calendar() -> None:
    found = stretches(local(2026, 1, 15), local(2026, 3, 10), "month", AMSTERDAM)
    assert [(start.day, end.day, end.month) for start, end in found] == [(15, 1, 2), (1, 1, 3), (1, 10, 3)]


@given(TIMES, st.timedeltas(timedelta(seconds=1), timedelta(days=14)), st.sampled_from(["hour", "day", "month", None]))
def test_stretches_cover_the_time_without_gap_or_overlap(since: datetime, length: timedelta, per: str | None) -> None:
    found = stretches(since, since + length, per, AMSTERDAM)
    assert (found[0][0], found[-1][1]) == (since, since + length)
    assert all(before[1] == after[0] for before, after in pairwise(found))
    assert sum(hours(found)) == pytest.approx(length / timedelta(hours=1))


@pytest.fixture
async def client(settings: Settings, telemetry: Telemetry, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    book(database, "job", 10, customer="acme", day=20)
    book(database, "retry", 5, customer="acme", day=21)
    book(database, "job", 40, customer="=cmd()", day=21, price=None)
    book(database, "idle", 1000, day=21)
    zoned = settings.model_copy(update={"timezone": "Europe/Amsterdam"})
    async with client_of(create_app(zoned, telemetry)) as client:
        yield client


def book(
    database: Database, kind: Kind, seconds: int, *, customer: str = "", day: int, price: int | None = 190_000
) -> None:
    start = datetime(2026, 11, day, 12, tzinfo=UTC)
    whose = (f"key-of-{customer}", "premium")
    held = Held(f"{customer}-{kind}", 1, customer, "generate", "portrait-1", *whose) if customer else None
    cost = None if price is None else price * seconds
    entry = Entry(f"{kind}:{customer}:{day}", kind, held, start, start, seconds * NANO, cost)
    database.write(write, "worker-1", CARD, BookedPrice(price, "test"), [entry])


NOVEMBER = {"since": "2026-11-01T00:00:00+01:00", "until": "2026-12-01T00:00:00+01:00"}


async def test_customer_sees_its_own_use_and_no_other(client: httpx.AsyncClient, acme: Mapping[str, str]) -> None:
    for whose in ({}, {"customer": "=cmd()"}):
        answer = await client.get("/usage", params=NOVEMBER | whose, headers=acme)
        assert answer.status_code == 200
        (row,) = answer.json()["rows"]
        assert (row["customer"], row["gpu_seconds"], row["cost_usd"], row["jobs"]) == ("acme", 15, 0.00285, 2)


async def test_administrator_sees_all_that_was_paid(client: httpx.AsyncClient, admin: Mapping[str, str]) -> None:
    answer = await client.get("/usage", params=NOVEMBER | {"by": "kind"}, headers=admin)
    found = {
        row["kind"]: (row["gpu_seconds"], row["cost_usd"], row["unpriced_gpu_seconds"]) for row in answer.json()["rows"]
    }
    assert found == {"idle": (1000, 0.19, 0), "job": (50, 0.0019, 40), "retry": (5, 0.00095, 0)}


async def test_usage_is_told_apart_by_key_and_tier(client: httpx.AsyncClient, acme: Mapping[str, str]) -> None:
    answer = await client.get("/usage", params=NOVEMBER | {"by": ["key_id", "tier"]}, headers=acme)
    (row,) = answer.json()["rows"]
    assert (row["key_id"], row["tier"], row["gpu_seconds"]) == ("key-of-acme", "premium", 15)


async def test_days_are_those_of_the_configured_zone(client: httpx.AsyncClient, admin: Mapping[str, str]) -> None:
    answer = await client.get("/usage", params=NOVEMBER | {"per": "day", "customer": "acme"}, headers=admin)
    assert [(row["start"], row["gpu_seconds"]) for row in answer.json()["rows"]] == [
        ("2026-11-20T00:00:00+01:00", 10),
        ("2026-11-21T00:00:00+01:00", 5),
    ]
    assert answer.json()["time_zone"] == "Europe/Amsterdam"


async def test_answer_tells_where_the_present_day_and_month_lead(
    client: httpx.AsyncClient, admin: Mapping[str, str], acme: Mapping[str, str], database: Database
) -> None:
    now = datetime.now(UTC)
    held = Held("now", 1, "beta", "generate", "portrait-1")
    await asyncio.to_thread(
        database.write,
        write,
        "w",
        CARD,
        BookedPrice(NANO, "test"),
        [Entry("now", "job", held, now, now, 8 * NANO, 8 * NANO)],
    )
    everyone, own = [(await client.get("/usage", headers=who)).json()["forecast"] for who in (admin, acme)]
    day, month = everyone
    assert [found["period"] for found in everyone] == ["day", "month"]
    assert all(found["forecast_usd"] is None or found["forecast_usd"] >= found["cost_usd"] for found in (day, month))
    assert [all_["cost_usd"] - mine["cost_usd"] for all_, mine in zip(everyone, own, strict=True)] == [8, 8]
    assert datetime.fromisoformat(day["until"]).astimezone(AMSTERDAM).hour == 0


async def test_csv_has_the_same_figures_and_no_formulas(client: httpx.AsyncClient, admin: Mapping[str, str]) -> None:
    answer = await client.get("/usage", params=NOVEMBER | {"format": "csv", "by": "customer"}, headers=admin)
    assert answer.headers["content-type"].startswith("text/csv")
    rows = {row["customer"]: row for row in csv.DictReader(io.StringIO(answer.text))}
    assert (rows["acme"]["cost_usd"], rows["acme"]["joules"]) == ("0.00285", "")
    assert rows["'=cmd()"]["unpriced_gpu_seconds"] == "40.0"
    assert float(rows[""]["gpu_seconds"]) == 1000


async def test_none_is_one_sum(client: httpx.AsyncClient, admin: Mapping[str, str]) -> None:
    answer = await client.get("/usage", params=NOVEMBER | {"by": "none"}, headers=admin)
    (row,) = answer.json()["rows"]
    assert (row["gpu_seconds"], "customer" in row) == (1055, False)


async def test_without_moments_it_is_the_calendar_month(client: httpx.AsyncClient, admin: Mapping[str, str]) -> None:
    since = datetime.fromisoformat((await client.get("/usage", headers=admin)).json()["since"])
    now = datetime.now(AMSTERDAM)
    assert (since.year, since.month, since.day, since.hour) == (now.year, now.month, 1, 0)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"since": "2026-11-02T00:00:00Z", "until": "2026-11-01T00:00:00Z"}, "until"),
        ({"since": "2020-01-01T00:00:00Z", "per": "hour"}, "per"),
        ({"since": "0001-01-01T00:00:00Z", "until": "9999-12-31T23:59:59Z", "per": "month"}, "since"),
        ({"since": "2001-01-01T00:00:00Z", "until": "9999-12-31T23:59:59Z", "per": "month"}, "until"),
        ({"per": "week"}, "per"),
        ({"by": "job_id"}, "by.0"),
        ({"format": "xml"}, "format"),
    ],
    ids=str,
)
async def test_wrong_questions_name_the_field(
    client: httpx.AsyncClient, admin: Mapping[str, str], wrong: Mapping[str, str], field: str
) -> None:
    answer = await client.get("/usage", params=wrong, headers=admin)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_usage_needs_a_key(client: httpx.AsyncClient) -> None:
    assert (await client.get("/usage")).status_code == 401


def test_there_is_a_bound() -> None:
    assert MOST_STRETCHES >= 366
