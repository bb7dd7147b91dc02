from __future__ import annotations

import pytest

from dashboards.promql import QueryError, result_labels


@pytest.mark.parametrize(
    ("expr", "labels"),
    [
        ("gpu_temperature_celsius", {"gpu_uuid", "job", "instance"}),
        ("sum(job_running)", set()),
        ("sum by (operation) (rate(job_retries_total[$__rate_interval]))", {"operation"}),
        ("sum without (job, instance) (job_running)", {"operation"}),
        ("topk(3, job_running)", {"operation", "job", "instance"}),
        ("histogram_quantile(0.9, sum by (le, stage) (rate(job_stage_duration_seconds_bucket[5m])))", {"stage"}),
        ("sum by (period) (cost_period_usd) / on (period) sum by (period) (budget_usd)", {"period"}),
        (
            "max by (gpu_uuid) (gpu_available) * on (gpu_uuid) group_left (model) topk by (gpu_uuid) (1, gpu_info)",
            {"gpu_uuid", "model"},
        ),
        ('absent(up{job="api",instance!="x"})', {"job"}),
        ('label_replace(job_running, "kind", "$1", "operation", "(.*)")', {"operation", "kind", "job", "instance"}),
        ("job_running and on (job) up", {"operation", "job", "instance"}),
        ("sum by (operation) (job_running) or sum by (job) (up)", {"operation", "job"}),
        ("max_over_time(sum(job_running)[1h:1m])", set()),
        ("time() - up > 5", {"job", "instance"}),
        ("-job_running", {"operation", "job", "instance"}),
        ("vector(1)", set()),
    ],
)
def test_labels_of_the_result_are_those_prometheus_would_give(expr: str, labels: set[str]) -> None:
    assert result_labels(expr) == labels


@pytest.mark.parametrize("expr", ["1 + 1", "time()", "scalar(sum(up))", "scalar(sum(up)) * 2"])
def test_scalar_has_no_labels_at_all(expr: str) -> None:
    assert result_labels(expr) is None


@pytest.mark.parametrize(
    ("expr", "fault"),
    [
        ("sum(", "does not parse"),
        ("rate(job_finished[5m])", "selects job_finished, which nobody exports"),
        ("job_duration_seconds", "selects job_duration_seconds, which nobody exports"),
        ('job_running{customer="a"}', "job_running is selected by customer; there is instance, job, operation"),
        ('{job="api"}', "selects without a series name"),
        ("sum by (customer) (job_running)", "sum groups by customer"),
        ("topk by (customer) (1, job_running)", "topk groups by customer"),
        ("sum by (le) (rate(job_duration_seconds_count[5m]))", "sum groups by le"),
        ("histogram_quantile(0.9, rate(job_duration_seconds_sum[5m]))", "histogram_quantile needs le"),
        ("up * on (gpu_uuid) gpu_available", "the left side of '*' is joined on gpu_uuid"),
        ("gpu_available * on (gpu_uuid) group_left (colour) gpu_info", "group_left takes colour"),
        ("sum(up) / job_running", "no pair can match"),
        ("job_running unless up", "no pair can match"),
        ('label_replace(up, "a", "$1", "b", "(.*)")', "label_replace reads b"),
        ("sum(1)", "does not parse"),
    ],
)
def test_fault_says_what_is_wrong(expr: str, fault: str) -> None:
    with pytest.raises(QueryError) as caught:
        result_labels(expr)
    assert fault in str(caught.value)
