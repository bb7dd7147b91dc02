"""Watches an alert on its way: Prometheus, Alertmanager and the notifier, each asked over its own API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from stack.drill.errors import DrillFailed
from stack.drill.stand import Stand
from stack.drill.timeline import Mark, Timeline

_PAUSE: Final = 0.25


@dataclass(frozen=True)
class RuleFacts:
    """What Prometheus says about the alert's rule."""

    hold: timedelta
    interval: timedelta


async def rule(stand: Stand, alert: str) -> RuleFacts:
    """Return the facts of the rule of `alert`.

    Raises:
        DrillFailed: Prometheus has no such rule, or could not load it.
    """
    for group in (await _json(stand, f"{stand.prometheus}/api/v1/rules"))["data"]["groups"]:
        for found in group["rules"]:
            if found["name"] == alert:
                return RuleFacts(timedelta(seconds=found["duration"]), timedelta(seconds=group["interval"]))
    raise DrillFailed(f"Prometheus has no rule for {alert}", ("prometheus",))


async def active(stand: Stand, alert: str) -> str | None:
    """Return the state of `alert` in Prometheus (pending, firing), None while it is inactive."""
    alerts = (await _json(stand, f"{stand.prometheus}/api/v1/alerts"))["data"]["alerts"]
    states = {one["state"] for one in alerts if one["labels"].get("alertname") == alert}
    return "firing" if "firing" in states else next(iter(states), None)


@asynccontextmanager
async def watching(stand: Stand, alert: str, timeline: Timeline) -> AsyncIterator[None]:
    """Record in `timeline` what becomes of `alert` until the end of the block."""
    task = asyncio.create_task(_watch(stand, alert, timeline))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _watch(stand: Stand, alert: str, timeline: Timeline) -> None:
    while True:
        for look in (_prometheus, _alertmanager, _notifier):
            try:
                await look(stand, alert, timeline)
            except httpx.HTTPError:
                continue  # a part that is away shows in the marks that are not reached
        await asyncio.sleep(_PAUSE)


async def _prometheus(stand: Stand, alert: str, timeline: Timeline) -> None:
    state = await active(stand, alert)
    if state == "pending":
        timeline.reach(Mark.PENDING)
    if state == "firing":
        timeline.reach(Mark.FIRING)
    if state is None and Mark.MENDED in timeline and Mark.FIRING in timeline:
        timeline.reach(Mark.INACTIVE)


async def _alertmanager(stand: Stand, alert: str, timeline: Timeline) -> None:
    alerts = await _json(stand, f"{stand.alertmanager}/api/v2/alerts", filter=f'alertname="{alert}"')
    if alerts:
        timeline.reach(Mark.ALERTMANAGER)


async def _notifier(stand: Stand, alert: str, timeline: Timeline) -> None:
    token = stand.site.secrets["notifier_token"].read_text().strip()
    answer = await stand.client.get(f"{stand.notifier}/deliveries", headers={"Authorization": f"Bearer {token}"})
    answer.raise_for_status()
    for row in answer.json()["deliveries"]:
        if alert in row["subject"]:
            mark = Mark.NOTIFIER if row["status"] == "firing" else Mark.NOTIFIER_RESOLVED
            timeline.reach(mark, at=datetime.fromisoformat(row["received_at"]).timestamp())


async def _json(stand: Stand, url: str, **parameters: str) -> Any:
    answer = await stand.client.get(url, params=parameters)
    answer.raise_for_status()
    return answer.json()
