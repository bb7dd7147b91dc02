"""Dashboards and runbooks as the page gets them, from the real generated files."""

import json

import pytest

import dashboards
from stack.console.runbooks_api import RUNBOOKS


async def test_dashboards_are_listed_with_the_overview_first(client):
    listed = (await client.get("/api/dashboards")).json()
    assert listed[0]["uid"] == "plainview-overview"
    assert {entry["uid"] for entry in listed} == {path["uid"] for path in dashboards.listing()}
    assert all(set(entry) == {"uid", "title", "description", "tags"} for entry in listed)


async def test_dashboard_comes_as_generated(client):
    for path in dashboards.directory().glob("*.json"):
        content = json.loads(path.read_text())
        assert (await client.get(f"/api/dashboards/{content['uid']}")).json() == content


@pytest.mark.parametrize(
    "path", ["dashboards/nothing", "dashboards/..%2fx", "runbooks/Nothing", "runbooks/..%2fREADME"]
)
async def test_what_does_not_exist_is_a_problem(client, path):
    answer = await client.get(f"/api/{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_runbooks_are_listed_and_come_as_markdown(client):
    names = (await client.get("/api/runbooks")).json()
    assert "ServiceDown" in names
    answer = await client.get("/api/runbooks/ServiceDown")
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    assert answer.text == (RUNBOOKS / "ServiceDown.md").read_text()
