"""Spending as the ledger and the table of jobs have it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from app.database.engine import Database
from app.database.tables import job
from app.jobs import rows
from app.jobs.rows import NewJob
from app.ledger.entry import BookedPrice, Entry, Held
from app.ledger.rows import write
from app.ledger.timeline import NANO
from telemetry.gpu import Device

CARD = Device("gpu", "NVIDIA X")
CENT = NANO // 100

Spend = Callable[..., None]
Wait = Callable[..., str]


@pytest.fixture
def spend(database: Database) -> Spend:
    """Return a function that books a run of `nanousd`; of a price that is not known with None."""

    def book(
        nanousd: int | None,
        customer: str = "acme",
        *,
        at: datetime | None = None,
        kind: str = "job",
        job_id: str | None = None,
        attempt: int = 1,
    ) -> None:
        moment = at or datetime.now(UTC)
        held = Held(job_id or uuid.uuid4().hex, attempt, customer, "generate", "tiny")
        of_run = None if kind in {"idle", "overhead"} else held
        entry = Entry(uuid.uuid4().hex, kind, of_run, moment, moment, NANO, nanousd)  # type: ignore[arg-type]
        database.write(write, "w1", CARD, BookedPrice(None if nanousd is None else 190_000, "test"), [entry])

    return book


@pytest.fixture
def wait(database: Database) -> Wait:
    """Return a function that enters a job that waits, or that runs, with a quote or without."""

    def add(quoted: int | None, customer: str = "acme", *, running: bool = False) -> str:
        new = NewJob(uuid.uuid4().hex, customer, "k", "standard", "hello", None, None, quoted_cost_nanousd=quoted)
        database.write(rows.add, new)
        if running:
            begin = update(job).where(job.c.id == new.id).values(state="running", attempts=1)
            database.write(lambda connection: connection.execute(begin))
        return new.id

    return add
