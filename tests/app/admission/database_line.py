"""The service's own rows as the queue of a simulation: accepted, started and ended as api and workers do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import select, update

from app.admission.order import IN_ORDER
from app.admission.rules import Rules
from app.admission.turns import Turn
from app.database.engine import Database
from app.database.tables import job
from app.jobs.acceptance import accept
from app.jobs.job import State
from tests.app.admission.simulation import Submit
from tests.app.admission.test_admit import TERMS, new, unchecked

_TERMS = replace(TERMS, rules=Rules(max_wait=1e9, max_jobs=1000))


class DatabaseLine:
    """Jobs that wait in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._submits: dict[str, Submit] = {}

    def add(self, submit: Submit) -> None:
        tier = "premium" if submit.weight == _TERMS.rules.premium else "standard"
        job = replace(new(len(self._submits), submit.customer, tier), quoted_gpu_seconds=submit.seconds)
        self._submits[job.id] = submit
        self._database.write(accept, job, _TERMS, unchecked)

    def drop_given_up(self, now: float) -> None:
        """Nobody gives up here."""

    def take(self, *, idle: bool) -> tuple[Submit, Turn] | None:  # noqa: ARG002 - the rows tell
        query = select(job).where(job.c.state == State.QUEUED).order_by(*IN_ORDER).limit(1)
        row = self._database.read(lambda connection: connection.execute(query).one_or_none())
        if row is None:
            return None
        self._change(row.id, state=State.RUNNING, started_at=row.created_at)
        return self._submits[row.id], Turn(row.turn, row.turn_end)

    def ended(self, submit: Submit) -> None:
        (job_id,) = [job_id for job_id, each in self._submits.items() if each is submit]
        self._change(job_id, state=State.SUCCEEDED)

    def _change(self, job_id: str, **values: Any) -> None:
        changed = update(job).where(job.c.id == job_id).values(values)
        self._database.write(lambda connection: connection.execute(changed))
