"""Jobs: how many, how they end, how long they take, what they make."""

from __future__ import annotations

from dashboards.model import Board, Row
from dashboards.rows import bill, glance, job_time, jobs


def board() -> Board:
    return Board(
        name="jobs",
        title="Jobs",
        description="Jobs by outcome, the queue, where the time goes, what is made. What it costs is on the dashboard Cost.",
        rows=(
            Row(
                "Are jobs all right?",
                (jobs.submitted(), jobs.finished(), glance.success(4), jobs.oldest(), jobs.workers()),
            ),
            Row(
                "Flow",
                (jobs.rate(), jobs.outcomes(), jobs.queue(), jobs.oldest_over_time(), jobs.rejected(), jobs.retries()),
            ),
            Row(
                "Time",
                (
                    job_time.wait(),
                    job_time.run_time(),
                    job_time.stages(),
                    job_time.run_time_heatmap(),
                    job_time.stage_means(),
                    job_time.device_seconds(),
                ),
            ),
            Row("Output", (jobs.made(), bill.etas(10), jobs.missing())),
        ),
    )
