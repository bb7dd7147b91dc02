"""However many submits come at once, to however many processes, no hard budget is gone beyond."""

from __future__ import annotations

import asyncio
import io
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from sqlalchemy import func, select

from app.database.engine import Database, open_database
from app.database.migrate import migrate
from app.database.tables import job, ledger
from app.generation.inputs import DEFAULT_LIMITS
from app.jobs.job import UNFINISHED
from app.keys.key import Facts
from app.keys.store import add_key
from app.settings import Settings
from tests.app.conftest import TINY, bearer
from tests.app.postgresql import postgres_server
from tests.app.processes import Service, service, until

pytestmark = [pytest.mark.slow, pytest.mark.integration]

Form = dict[str, tuple[str | None, bytes]]
SUBMITS = 200
CUSTOMERS = ("acme", "other")


@pytest.fixture(params=["sqlite", "postgresql"])
def raced(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a service whose database is migrated."""
    if request.param == "sqlite":
        settings = Settings(home=tmp_path)
        migrate(settings)
        yield settings
        return
    with postgres_server() as server:
        settings = Settings(home=tmp_path, database_url=server.url)
        migrate(settings)
        yield settings


@pytest.fixture
def running(raced: Settings, tmp_path: Path) -> Iterator[Service]:
    environment = {
        "PLAINVIEW_HOME": str(raced.home),
        "PLAINVIEW_GENERATOR": TINY,
        "PLAINVIEW_GPU": "off",
        "PLAINVIEW_PROCESSES": "2",
        "PLAINVIEW_GPU_PRICE_USD_PER_SECOND": "0.1",
        "XDG_RUNTIME_DIR": str(tmp_path),
    }
    if raced.database_url is not None:
        environment["PLAINVIEW_DATABASE_URL"] = raced.database_url
    with service(environment, tmp_path) as running:
        yield running


@pytest.fixture
def keys(raced: Settings) -> dict[str, dict[str, str]]:
    """Headers by customer; nobody is slowed down by a limit of requests."""
    facts = [Facts(customer=name, rate_limit="1000000/hour") for name in CUSTOMERS] + [
        Facts(customer="boss", role="admin")
    ]
    return {each.customer: bearer(add_key(raced, each)[1].text) for each in facts}


@pytest.fixture
def small(form: Form) -> Form:
    """A request whose picture is checked in no time."""
    picture = io.BytesIO()
    Image.new("RGB", (DEFAULT_LIMITS.min_image_side,) * 2).save(picture, "JPEG")
    return form | {"image": ("small.jpg", picture.getvalue())}


def spent(database: Database) -> dict[str, int]:
    sums = select(ledger.c.customer, func.sum(ledger.c.cost_nanousd).label("cost"))
    query = sums.where(ledger.c.job_id.is_not(None)).group_by(ledger.c.customer)
    return {row.customer: int(row.cost) for row in database.read(lambda connection: connection.execute(query).all())}


def jobs(database: Database, *columns: Any) -> list[Any]:
    return list(database.read(lambda connection: connection.execute(select(*columns)).all()))


def all_ended(database: Database) -> bool:
    return not [row for row in jobs(database, job.c.state) if row.state in UNFINISHED]


async def race(url: str, keys: dict[str, dict[str, str]], form: Form, submits: int) -> Counter[tuple[str, int, str]]:
    """Send all submits at once and return how often each customer got each answer."""

    async def one(number: int) -> tuple[str, int, str]:
        customer = CUSTOMERS[number % len(CUSTOMERS)]
        sent = form | {"prompt": (None, f"slow=0.1 number={number}".encode())}
        answer = await client.post("/generate", headers=keys[customer], files=sent)
        return customer, answer.status_code, answer.json().get("code", "")

    limits = httpx.Limits(max_connections=submits)
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=60) as client:
        return Counter(await asyncio.gather(*(one(number) for number in range(submits))))


def test_200_submits_at_once_go_beyond_no_budget(
    raced: Settings, running: Service, keys: dict[str, dict[str, str]], small: Form
) -> None:
    """What a worker does meanwhile would move the bounds, so it stands still until all have been answered."""
    running.start("serve")
    worker = running.start("worker")
    with open_database(raced.database) as database, httpx.Client(base_url=running.url, timeout=30) as http:
        first = small | {"prompt": (None, b"slow=0.3")}
        assert http.post("/generate", headers=keys["other"], files=first).status_code == 202
        until(lambda: all_ended(database))
        assert worker.terminate() == 0
        quoted = until(
            lambda: http.post("/quote", headers=keys["acme"], json={"audio_seconds": 0.5}).json()["cost_usd"]
        )
        before = spent(database)
        # Room for 5 jobs of one customer, for 15 of all: it is the service's budget that bounds the other.
        amounts = {"customers/acme": 5.5 * quoted, "service": 15.5 * quoted + before["other"] / 1e9}
        for path, usd in amounts.items():
            put = http.put(f"/budgets/{path}/day", headers=keys["boss"], json={"hard_usd": round(usd, 9)})
            assert put.status_code == 200, put.text
        answers = asyncio.run(race(running.url, keys, small, SUBMITS))
        assert answers == {
            ("acme", 202, ""): 5,
            ("acme", 402, "budget_exceeded"): SUBMITS // 2 - 5,
            ("other", 202, ""): 10,
            ("other", 402, "budget_exceeded"): SUBMITS // 2 - 10,
        }
        running.start("worker")
        until(lambda: all_ended(database), seconds=60)
        after = spent(database)
        dearest = max(row.cost_nanousd for row in jobs(database, job.c.cost_nanousd))
        assert after["acme"] <= amounts["customers/acme"] * 1e9 + dearest
        assert sum(after.values()) <= amounts["service"] * 1e9 + len(CUSTOMERS) * dearest
        assert len(jobs(database, job.c.id)) == 16
        of_all, of_acme = http.get("/budgets", headers=keys["boss"]).json()["budgets"]
        assert of_all["spent_usd"] == pytest.approx(sum(after.values()) / 1e9)
        assert (of_acme["spent_usd"], of_acme["reserved_usd"]) == (pytest.approx(after["acme"] / 1e9), 0)


@pytest.mark.parametrize("raced", ["postgresql"], indirect=True)
def test_submits_while_a_worker_works_end_within_one_job_of_the_budget(
    raced: Settings, running: Service, keys: dict[str, dict[str, str]], small: Form
) -> None:
    """Spent, reserved and running change hands all the time; what is over is what one job takes beyond its quote."""
    running.start("serve")
    running.start("worker")
    with open_database(raced.database) as database, httpx.Client(base_url=running.url, timeout=30) as http:
        hard = 0.15  # some ten jobs
        for customer in CUSTOMERS:
            path = f"/budgets/customers/{customer}/day"
            assert http.put(path, headers=keys["boss"], json={"hard_usd": hard}).status_code == 200
        answers = asyncio.run(race(running.url, keys, small, SUBMITS // 4))
        assert {(status, code) for _, status, code in answers} <= {
            (202, ""), (402, "budget_exceeded"), (402, "cost_unknown")
        }  # fmt: skip
        until(lambda: all_ended(database), seconds=60)
        dearest = max(row.cost_nanousd for row in jobs(database, job.c.cost_nanousd))
        assert set(spent(database)) == set(CUSTOMERS)
        for cost in spent(database).values():
            assert cost <= hard * 1e9 + dearest
        assert math.isclose(
            sum(spent(database).values()),
            sum(row.cost_nanousd for row in jobs(database, job.c.cost_nanousd)),
            rel_tol=1e-3,
        )
