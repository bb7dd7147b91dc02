"""A job as GET /status and its events show it, with what its row alone does not say."""

from __future__ import annotations

from app.jobs.job import Job
from app.jobs.schemas import JobView, energy, view
from app.ledger.rows import energy_of
from app.services import Services


async def shown(job: Job, place: int | None, base_url: str, services: Services) -> JobView:
    """Return `job`, which has this place in the queue, with when it should end and what energy it took."""
    eta = await services.quotes.end_seconds(job)
    used = energy(await services.database.read(energy_of, job.id), services.settings.tariff) if job.started_at else None
    return view(job, base_url, place, eta, used)
