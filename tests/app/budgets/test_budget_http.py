"""Budgets over HTTP: set, seen, kept to, removed."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from typing import Any

import httpx
import pytest

from telemetry import Telemetry
from tests.app.budgets.conftest import CENT, Spend

Headers = dict[str, str]
Form = dict[str, tuple[str | None, bytes]]


async def listed(client: httpx.AsyncClient, headers: Headers, path: str = "/budgets") -> list[dict[str, Any]]:
    answer = await client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    budgets: list[dict[str, Any]] = answer.json()["budgets"]
    return budgets


async def test_budget_of_the_settings_counts_until_one_is_set_and_again_when_it_is_removed(
    client: httpx.AsyncClient, admin: Headers
) -> None:
    (before,) = await listed(client, admin)
    assert (before["scope"], before["soft_usd"], before["hard_usd"], before["source"]) == (
        "service",
        10,
        None,
        "setting",
    )
    put = await client.put("/budgets/service/day", headers=admin, json={"soft_usd": 4, "hard_usd": 5.5})
    assert put.status_code == 200
    assert (put.json()["hard_usd"], put.json()["before"]) == (5.5, None)
    (after,) = await listed(client, admin)
    assert (after["soft_usd"], after["hard_usd"], after["left_usd"], after["source"]) == (4, 5.5, 5.5, "set")
    assert after["changed_by"].endswith("(boss)")
    removed = await client.delete("/budgets/service/day", headers=admin)
    assert (removed.json()["soft_usd"], removed.json()["before"]) == (10, {"soft_usd": 4, "hard_usd": 5.5})
    assert await listed(client, admin) == [before | {"left_usd": 10.0}]


async def test_job_beyond_the_budget_is_refused_and_leaves_nothing(
    client: httpx.AsyncClient, admin: Headers, acme: Headers, form: Form, spend: Spend, telemetry: Telemetry
) -> None:
    await client.put("/budgets/customers/acme/day", headers=admin, json={"hard_usd": 0.05})
    await asyncio.to_thread(spend, 5 * CENT)
    answer = await client.post("/generate", headers=acme, files=form)
    assert (answer.status_code, answer.json()["code"]) == (402, "budget_exceeded")
    assert answer.json()["context"]["spent_usd"] == 0.05
    assert int(answer.headers["retry-after"]) > 0
    assert (await client.get("/jobs", headers=acme)).json()["jobs"] == []
    labels = {"operation": "generate", "code": "budget_exceeded"}
    assert telemetry.registry.get_sample_value("job_rejected_total", labels) == 1
    await client.put("/budgets/customers/acme/day", headers=admin, json={"hard_usd": 1})
    assert (await client.post("/generate", headers=acme, files=form)).status_code == 202


async def test_customer_sees_its_own_and_no_other(
    client: httpx.AsyncClient, admin: Headers, acme: Headers, spend: Spend
) -> None:
    assert await listed(client, acme, "/budgets/me") == []
    for path in ("service/day", "default/month", "customers/acme/day", "customers/other/day"):
        assert (await client.put(f"/budgets/{path}", headers=admin, json={"hard_usd": 1})).status_code == 200
    await asyncio.to_thread(spend, 25 * CENT)
    day, month = await listed(client, acme, "/budgets/me")
    assert (day["customer"], day["source"], day["left_usd"]) == ("acme", "set", 0.75)
    assert (month["period"], month["source"], month["spent_usd"]) == ("month", "default", 0.25)
    assert (await client.get("/budgets", headers=acme)).status_code == 403
    assert (await client.put("/budgets/service/day", headers=acme, json={"hard_usd": 9})).status_code == 403
    assert (await client.delete("/budgets/service/day", headers=acme)).status_code == 403
    assert (await client.get("/budgets/me")).status_code == 401


async def test_list_has_the_service_first_and_then_who_used_most(
    client: httpx.AsyncClient, admin: Headers, spend: Spend
) -> None:
    await client.put("/budgets/default/day", headers=admin, json={"hard_usd": 1})
    await client.put("/budgets/customers/large/day", headers=admin, json={"hard_usd": 100})
    for customer, cents in (("small", 10), ("half", 50), ("large", 60)):
        await asyncio.to_thread(spend, cents * CENT, customer)
    found = await listed(client, admin)
    assert [one["customer"] for one in found] == [None, "half", "small", "large"]
    assert [one["customer"] for one in await listed(client, admin, "/budgets?limit=1")] == [None, "half"]
    assert [one["customer"] for one in await listed(client, admin, "/budgets?customer=small")] == ["small"]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("service/year", {"hard_usd": 1}, "period"),
        ("customers/a%2Fb/day", {"hard_usd": 1}, None),
        ("customers/a,b/day", {"hard_usd": 1}, "customer"),
        ("service/day", {"hard_usd": -1}, "hard_usd"),
        ("service/day", {"hard_usd": "much"}, "hard_usd"),
        ("service/day", {"hard_usd": 1e12}, "hard_usd"),
        ("service/day", {"hard_usd": 1e-10}, "hard_usd"),
        ("service/day", {"hard_usd": 1, "soft_usd": 2}, "body"),
        ("service/day", {"hard": 1}, "hard"),
        ("service/day", {}, "body"),
    ],
)
async def test_wrong_budgets_name_the_field(
    client: httpx.AsyncClient, admin: Headers, path: str, body: dict[str, Any], field: str | None
) -> None:
    answer = await client.put(f"/budgets/{path}", headers=admin, json=body)
    if field is None:
        assert answer.status_code == 404
        return
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert answer.json()["errors"][0]["field"] == field


async def test_what_was_not_set_cannot_be_removed(client: httpx.AsyncClient, admin: Headers) -> None:
    answer = await client.delete("/budgets/customers/acme/month", headers=admin)
    assert (answer.status_code, answer.json()["code"]) == (404, "budget_unknown")


async def test_changes_are_written_down_with_who_and_what(
    client: httpx.AsyncClient, admin: Headers, telemetry: Telemetry, capsys: pytest.CaptureFixture[str]
) -> None:
    for hard in (1, 2):
        await client.put("/budgets/customers/acme/day", headers=admin, json={"hard_usd": hard})
    await client.delete("/budgets/customers/acme/day", headers=admin)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    told = [line for line in lines if line["event"] in {"budget.set", "budget.removed"}]
    assert [(line["hard_usd_before"], line["hard_usd"]) for line in told] == [(None, 1), (1, 2), (2, None)]
    assert {(line["budget_customer"], line["period"]) for line in told} == {("acme", "day")}
    assert all(line["by"].endswith("(boss)") for line in told)
    value = telemetry.registry.get_sample_value
    assert value("budget_changes_total", {"scope": "customer", "action": "set"}) == 2
    assert value("budget_changes_total", {"scope": "customer", "action": "removed"}) == 1
    assert value("budget_changes_total", {"scope": "service", "action": "set"}) == 0


async def test_amounts_are_kept_to_the_billionth(client: httpx.AsyncClient, admin: Headers) -> None:
    amount = Decimal("0.123456789")
    await client.put("/budgets/service/month", headers=admin, json={"hard_usd": str(amount)})
    found = await listed(client, admin)
    assert [one["hard_usd"] for one in found if one["period"] == "month"] == [float(amount)]
