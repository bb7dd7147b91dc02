"""The Overview: is the service all right, and if not, in which part?"""

from __future__ import annotations

from dashboards.model import Board, Row
from dashboards.rows import cost, glance, gpu, job_time, jobs, requests, watch


def board() -> Board:
    return Board(
        name="overview",
        title="Overview",
        description="Is the service up, is it fast, what does it cost, and does anybody watch?",
        rows=(
            glance.row(),
            requests.row(),
            Row("Jobs", (jobs.outcomes(), job_time.run_time(), jobs.queue())),
            Row("GPU", (gpu.utilization(12), gpu.memory(12))),
            cost.row(),
            watch.row(),
        ),
    )
