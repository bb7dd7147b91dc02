from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from io import StringIO

import pytest
from rich.console import Console

from stack.drill import verdict
from stack.drill.errors import DrillFailed
from stack.drill.timeline import Mark, Timeline
from stack.drill.waiting import Limit, wait_for
from stack.drill.watch import RuleFacts

FACTS = RuleFacts(hold=timedelta(seconds=60), interval=timedelta(seconds=5))


@pytest.fixture
def console():
    return Console(file=StringIO(), width=120)


def printed(console: Console) -> str:
    out = console.file
    assert isinstance(out, StringIO)
    return out.getvalue()


async def test_first_time_of_a_mark_counts_and_is_printed_once(console):
    timeline = Timeline(console)
    timeline.reach(Mark.FAULT)
    timeline.reach(Mark.MAIL, "[FIRING] X: [y]", at=time.time())
    first = timeline.seconds(Mark.MAIL)
    timeline.reach(Mark.MAIL, "again")
    assert timeline.seconds(Mark.MAIL) == first
    assert printed(console).count(Mark.MAIL) == 1
    assert "[FIRING] X: [y]" in printed(console)


async def test_waiting_ends_with_the_mark(console):
    timeline = Timeline(console)
    timeline.reach(Mark.FAULT)
    asyncio.get_running_loop().call_soon(timeline.reach, Mark.FIRING)
    await wait_for(Limit(Mark.FIRING, timedelta(seconds=10), ()), timeline, console)
    assert Mark.FIRING in timeline


async def test_mark_that_does_not_come_is_named_with_the_parts_to_look_at(console):
    timeline = Timeline(console)
    with pytest.raises(DrillFailed, match=r"not within 0 s: mail server: the mail has arrived") as caught:
        await wait_for(Limit(Mark.MAIL, timedelta(0), ("notifier",)), timeline, console)
    assert caught.value.parts == ("notifier",)


def _told(console: Console, after: float) -> Timeline:
    timeline, began = Timeline(console), time.time() - 200
    for mark, seconds in {
        Mark.FAULT: 0,
        Mark.PENDING: 10,
        Mark.FIRING: 70,
        Mark.MAIL: 10 + after,
        Mark.WEBHOOK: 10,
        Mark.MENDED: 150,
        Mark.MAIL_RESOLVED: 170,
        Mark.WEBHOOK_RESOLVED: 171,
    }.items():
        timeline.reach(mark, at=began + seconds)
    return timeline


@pytest.mark.parametrize(("after", "promise"), [(79.5, "80 s)"), (81, "80 s, missed)")])
async def test_verdict_is_the_two_times_counted_to_the_slower_receiver(console, after, promise):
    timeline = _told(console, after)
    before = printed(console)
    verdict.show("error-rate", timeline, FACTS, console)
    assert verdict.promised(FACTS) == timedelta(seconds=80)
    assert printed(console).removeprefix(before).splitlines() == [
        "drill error-rate passed in 200 s: mail and webhook heard of the alert and of its end.",
        f"  told       {after:.1f} s after the rule became true (promised: {promise}",
        "  resolved   21.0 s after the fault was mended",
    ]


async def test_detail_that_does_not_fit_stands_below_and_no_step_is_broken():
    console = Console(file=StringIO(), width=80)
    timeline = Timeline(console)
    timeline.reach(Mark.FAULT, "short")
    timeline.reach(Mark.MAIL_RESOLVED, "[RESOLVED] CostDayOverBudget: was: Jobs cost $0.12 today")
    assert printed(console).splitlines() == [
        "t+   0.0 s  the fault begins  short",
        "t+   0.0 s  mail server: the mail about the end has arrived",
        "              [RESOLVED] CostDayOverBudget: was: Jobs cost $0.12 today",
    ]
