"""Dashboards of a stack that runs somebody's app."""

from itertools import groupby

import pytest

import dashboards
from stack.console.fitting import fits, fitted
from tests.stack.console.conftest import sign_in

ALL = [dashboards.load(board["uid"]) for board in dashboards.listing()]


def titles(board):
    return [panel["title"] for panel in board["panels"]]


def test_overview_leaves_out_jobs_keys_and_budgets_and_keeps_the_rest():
    overview = dashboards.load("plainview-overview")
    left = titles(fitted(overview))
    gone = set(titles(overview)) - set(left)
    assert {"Jobs", "Jobs now", "Cost today", "Key checks", "Jobs by outcome"} <= gone
    assert {"Service", "Error ratio", "Request rate by route", "GPU utilization", "Cost by customer"} <= set(left)


def test_dashboards_of_jobs_and_their_queue_are_not_listed():
    assert [board["title"] for board in ALL if not fits(board)] == ["Jobs", "Queue"]


def test_dashboard_of_cost_keeps_what_work_on_a_device_costs():
    left = titles(fitted(dashboards.load("plainview-cost")))
    assert {"Cost by kind", "Energy by operation", "Price of a device hour", "Time without a price"} <= set(left)
    assert not {"Budget used", "Customers today", "Bill of the provider"} & set(left)


@pytest.mark.parametrize("board", ALL, ids=[board["title"] for board in ALL])
def test_panels_left_fill_their_lines_without_holes(board):
    panels = fitted(board)["panels"]
    y = 0
    for top, line in groupby(panels, key=lambda panel: panel["gridPos"]["y"]):
        places = [panel["gridPos"] for panel in line]
        assert top == y
        assert [place["x"] for place in places] == [sum(p["w"] for p in places[:n]) for n in range(len(places))]
        assert sum(place["w"] for place in places) == 24
        y += max(place["h"] for place in places)


@pytest.mark.parametrize("title", ["GPU", "Telemetry"])
def test_dashboard_without_such_panels_stays_as_it_is(title):
    (board,) = [board for board in ALL if board["title"] == title]
    assert titles(fitted(board)) == titles(board)


async def test_console_of_an_app_serves_them_fitted(open_console):
    async with open_console(app="main:app") as client:
        await sign_in(client)
        listed = [board["uid"] for board in (await client.get("/api/dashboards")).json()]
        overview = (await client.get("/api/dashboards/plainview-overview")).json()
    assert "plainview-jobs" not in listed
    assert overview == fitted(dashboards.load("plainview-overview"))
