"""A customer of a running service, and what became of its jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from app.database.engine import Database
from app.database.tables import run
from tests.app.processes import until

Form = dict[str, tuple[str | None, bytes]]


class Customer:
    """Uses the service over HTTP."""

    def __init__(self, url: str, key: str, form: Form) -> None:
        self._http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"})
        self._form = form

    def submit(self, prompt: str) -> str:
        answer = self._http.post("/generate", files=self._form | {"prompt": (None, prompt.encode())})
        assert answer.status_code == 202, answer.text
        job_id: str = answer.json()["job_id"]
        return job_id

    def status(self, job_id: str) -> dict[str, Any]:
        status: dict[str, Any] = self._http.get(f"/status/{job_id}").json()
        return status

    def wait(self, job_id: str, check: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        until(lambda: check(self.status(job_id)))
        return self.status(job_id)

    def result(self, job_id: str) -> bytes:
        return self._http.get(f"/result/{job_id}").content

    def close(self) -> None:
        self._http.close()


def finished(status: dict[str, Any]) -> bool:
    return status["status"] in ("succeeded", "failed", "cancelled")


def outcomes(database: Database) -> list[str]:
    query = run.select().order_by(run.c.attempt)
    return [row.outcome for row in database.read(lambda connection: connection.execute(query).all())]
