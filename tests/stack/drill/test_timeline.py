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


@pytest.mark.parametrize(("after", "word"), [(79.5, "kept"), (81, "missed")])
async def test_promise_is_counted_from_the_rule_being_true_to_the_slower_receiver(console, after, word):
    timeline = _told(console, after)
    verdict.show("error-rate", timeline, FACTS, console)
    assert verdict.promised(FACTS) == timedelta(seconds=80)
    assert verdict.arrival(timeline).total_seconds() == pytest.approx(after, abs=0.1)
    assert f"10 s): {word}." in printed(console)
    assert "The end was told 21.0 s after mending." in printed(console)
