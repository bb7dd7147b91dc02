"""A flood of one customer, a real API, a real worker: the others hardly wait."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from app.database.engine import Database
from app.database.tables import job
from app.keys.store import create_key
from app.settings import Settings
from tests.app.conftest import TINY
from tests.app.customer import Customer, Form, finished
from tests.app.processes import service, until

pytestmark = pytest.mark.slow

FLOOD = 60


def started(database: Database) -> list[str]:
    """Return whose jobs began, in that order."""
    query = select(job.c.customer).where(job.c.started_at.is_not(None)).order_by(job.c.started_at)
    return list(database.read(lambda connection: connection.scalars(query)))


def test_flood_of_one_customer_hardly_delays_the_others(
    settings: Settings, tmp_path: Path, form: Form, database: Database
) -> None:
    environment = {"PLAINVIEW_HOME": str(settings.home), "PLAINVIEW_GENERATOR": TINY, "PLAINVIEW_GPU": "off"}
    with service(environment, tmp_path) as running:
        running.start("serve")
        running.start("worker")
        flood, premium, standard = (
            Customer(running.url, create_key(settings, name, tier=tier)[1].text, form)
            for name, tier in (("flood", "standard"), ("premium", "premium"), ("standard", "standard"))
        )
        for number in range(FLOOD):
            flood.submit(f"number {number} slow=0.1")
        before = len(started(database))
        late = {"premium": premium.submit("late slow=0.1"), "standard": standard.submit("late slow=0.1")}
        places = {"premium": premium.status(late["premium"]), "standard": standard.status(late["standard"])}
        until(lambda: finished(premium.status(late["premium"])) and finished(standard.status(late["standard"])))
        after = started(database)
        for customer in (flood, premium, standard):
            customer.close()
    # First come, first served would have run what was left of the flood before either: 12 to 18 s instead of 0.5.
    assert before < FLOOD / 2, "the flood was over before anybody else came"
    for name in late:
        assert (places[name]["queue_position"] or 0) <= 3
        assert after.index(name) - before <= 4, after[before:]
