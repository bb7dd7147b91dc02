"""A drill from beginning to end: run the copy, cause the fault, follow the alert, mend it, follow its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Final

from rich.console import Console

from stack.drill.arrivals import receiving
from stack.drill.errors import DrillFailed
from stack.drill.scenario import Scenario
from stack.drill.stand import standing
from stack.drill.timeline import Mark, Timeline
from stack.drill.waiting import Limit, wait_for
from stack.drill.watch import RuleFacts, active, rule, watching
from stack.paths import Home

# From a fault to a true rule: two scrapes, an evaluation, and what the rule's windows need; generous for slow machines.
_TO_BE_NOTICED: Final = timedelta(seconds=90)
_TO_ARRIVE: Final = timedelta(seconds=40)
_TO_RESOLVE: Final = timedelta(seconds=180)


async def conduct(scenario: Scenario, folder: Path, real: Home, console: Console) -> tuple[Timeline, RuleFacts]:
    """Run one drill in `folder`, an empty one; return its time line once everything has arrived.

    Raises:
        DrillFailed: something did not happen in its time; the message says what.
        ProgramMissing, PartFailed: the copy does not run.
    """
    timeline = Timeline(console)
    async with AsyncExitStack() as stack:
        urls = await stack.enter_async_context(receiving(scenario.alert, timeline))
        with console.status("starting an isolated copy of the stack"):
            copy = standing(folder, real, {**scenario.variables, "PLAINVIEW_NOTIFY_URLS": urls}, timeline.say)
            stand = await stack.enter_async_context(copy)
            fault = await stack.enter_async_context(scenario.prepare(stand))
        facts = await rule(stand, scenario.alert)
        if state := await active(stand, scenario.alert):
            raise DrillFailed(f"{scenario.alert} is {state} before anything is broken", ("prometheus", "api"))
        timeline.say("the copy runs and the alert is silent", f"api at {stand.api}")
        await stack.enter_async_context(watching(stand, scenario.alert, timeline))

        timeline.reach(Mark.FAULT)
        with console.status("causing the fault"):
            timeline.say(await fault.begin())
        for limit in _until_told(facts):
            await wait_for(limit, timeline, console)
        with console.status("mending the fault"):
            done = await fault.mend()
        timeline.reach(Mark.MENDED, done)
        for limit in _until_resolved():
            await wait_for(limit, timeline, console)
    return timeline, facts


def _until_told(facts: RuleFacts) -> Iterator[Limit]:
    yield Limit(Mark.FIRING, facts.hold + _TO_BE_NOTICED, ("api", "prometheus"))
    yield Limit(Mark.ALERTMANAGER, _TO_ARRIVE, ("prometheus", "alertmanager"))
    yield Limit(Mark.NOTIFIER, _TO_ARRIVE, ("alertmanager", "notifier"))
    yield Limit(Mark.MAIL, _TO_ARRIVE, ("notifier",))
    yield Limit(Mark.WEBHOOK, _TO_ARRIVE, ("notifier",))


def _until_resolved() -> Iterator[Limit]:
    yield Limit(Mark.INACTIVE, _TO_RESOLVE, ("api", "prometheus"))
    yield Limit(Mark.NOTIFIER_RESOLVED, _TO_ARRIVE, ("alertmanager", "notifier"))
    yield Limit(Mark.MAIL_RESOLVED, _TO_ARRIVE, ("notifier",))
    yield Limit(Mark.WEBHOOK_RESOLVED, _TO_ARRIVE, ("notifier",))
