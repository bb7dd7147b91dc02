"""Every query of every panel, answered by a real Prometheus that holds half an hour of data."""

from __future__ import annotations

import math

import pytest

import dashboards
from dashboards import queries as q
from telemetry import catalog

pytestmark = [pytest.mark.integration, pytest.mark.slow]

TARGETS = [
    pytest.param(panel, target, id=f"{summary['title']}-{panel['title']}-{target['refId']}")
    for summary in dashboards.listing()
    for panel in dashboards.load(summary["uid"])["panels"]
    for target in panel.get("targets", [])
]


def reasons(panel) -> set[str]:
    """The queries whose series only say why something is not known."""
    matchers = [override["matcher"] for override in panel["fieldConfig"]["overrides"]]
    return {matcher["options"] for matcher in matchers if matcher["id"] == "byFrameRefID"}


@pytest.mark.parametrize(("panel", "target"), TARGETS)
def test_query_of_a_busy_installation_returns_figures(panel, target, prometheus) -> None:
    found = prometheus.ask(target["expr"])
    if target["legendFormat"].endswith("none"):
        assert found == [], "there is something, and it says that there is nothing"
        return
    assert found, f"nothing for {target['expr']}"
    # A reason why there is no value is a series without one; nothing else may be.
    unknown = target["refId"] in reasons(panel)
    assert {math.isnan(float(series["value"][1])) for series in found} == {unknown}


@pytest.mark.parametrize(("panel", "target"), TARGETS)
def test_number_of_series_is_bounded(panel, target, prometheus) -> None:
    assert len(prometheus.ask(target["expr"])) <= 15 + len(catalog.JOB_SECONDS)


@pytest.mark.parametrize(("panel", "target"), TARGETS)
def test_query_claims_nothing_where_nothing_was_scraped(panel, target, prometheus) -> None:
    """No figure is made up: the panel then says why it is empty."""
    assert prometheus.at(prometheus.end - 10 * 3600).ask(target["expr"]) == []


def _value(expr, prometheus) -> float:
    (series,) = prometheus.ask(expr)
    return float(series["value"][1])


def test_error_ratio_is_the_share_of_server_errors_among_the_services_own_routes(prometheus) -> None:
    assert _value(q.error_ratio("5m"), prometheus) == pytest.approx(0.25)


def test_success_ratio_leaves_cancelled_jobs_out(prometheus) -> None:
    assert _value(q.success_ratio("15m"), prometheus) == pytest.approx(0.5)


def test_ratio_is_absent_rather_than_zero_or_nan_without_events(prometheus) -> None:
    none = q.rate('job_finished_total{outcome="never"}')
    assert prometheus.ask(q.ratio(none, none)) == []
    assert prometheus.ask(q.quantile(0.95, catalog.JOB_DURATION, matchers='outcome="never"')) == []


def test_ratio_is_zero_when_only_the_part_never_happened(prometheus) -> None:
    never = q.rate('job_finished_total{outcome="never"}')
    assert _value(q.ratio(never, q.rate("job_finished_total")), prometheus) == 0


def test_first_event_of_a_new_series_is_counted(prometheus) -> None:
    late = q.select(catalog.JOB_REJECTED, 'code="late"')
    assert _value(f"sum(increase({late}[15m]))", prometheus) == 0
    assert _value(q.counted(late, "15m"), prometheus) == 1


def test_series_that_was_there_before_the_window_is_not_counted_from_its_start(prometheus) -> None:
    selector = q.select(catalog.JOB_REJECTED, 'code="invalid_input",instance="a:8000"')
    assert _value(q.counted(selector, "5m"), prometheus) == pytest.approx(20)


def test_card_that_two_workers_read_is_shown_once(prometheus) -> None:
    found = prometheus.ask(q.by_card(catalog.GPU_TEMPERATURE.name))
    assert sorted(series["metric"]["model"] for series in found) == ["H200", "Simulated"]


def test_figure_that_every_api_process_reads_is_not_added_up(prometheus) -> None:
    assert _value(q.latest(catalog.JOB_QUEUE_DEPTH), prometheus) == 1
