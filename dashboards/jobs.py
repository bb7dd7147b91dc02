"""Jobs: how many, how they end, how long they take, what they cost and what the provider charges."""

from __future__ import annotations

from dashboards.model import Board, Row
from dashboards.rows import bill, cost, glance, job_time, jobs


def board() -> Board:
    return Board(
        name="jobs",
        title="Jobs",
        description="Jobs by outcome, the queue, where the time goes, what a job costs, and what the provider charges.",
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
            Row(
                "Cost",
                (
                    cost.per_job(),
                    cost.per_output_second(),
                    cost.waste(),
                    jobs.made(),
                    cost.rate(12),
                    cost.by_customer(12),
                ),
            ),
            Row("Bill", (bill.charged(), cost.periods(6), bill.compared())),
            Row("Foretold and unknown", (bill.quotes(), bill.etas(), bill.unpriced())),
        ),
    )
