"""The two real receivers of a drill, and the Apprise URLs that lead to them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from email.message import EmailMessage
from typing import Any

from stack.drill.smtp import receive_mail
from stack.drill.stand import HOST
from stack.drill.timeline import Mark, Timeline
from stack.drill.webhook import receive_webhooks


@asynccontextmanager
async def receiving(alert: str, timeline: Timeline) -> AsyncIterator[str]:
    """Receive mail and webhook calls, record those about `alert`; the block gets the value of PLAINVIEW_NOTIFY_URLS."""

    def mail(message: EmailMessage) -> None:
        note("mail", str(message["Subject"]), Mark.MAIL, Mark.MAIL_RESOLVED)

    def call(body: dict[str, Any]) -> None:
        note("webhook", str(body.get("title")), Mark.WEBHOOK, Mark.WEBHOOK_RESOLVED)

    def note(channel: str, subject: str, firing: Mark, resolved: Mark) -> None:
        if f"] {alert}" not in subject:
            timeline.say(f"{channel}: another alert: {subject}")
        else:
            # Both say the same: what the mail is called stands in the time line, once.
            timeline.reach(
                resolved if subject.startswith("[RESOLVED]") else firing, subject if channel == "mail" else ""
            )

    async with AsyncExitStack() as stack:
        smtp = await stack.enter_async_context(receive_mail(HOST, mail))
        hook = await stack.enter_async_context(receive_webhooks(HOST, call))
        yield f"mailto://{HOST}:{smtp}?from=plainview@drill.example&to=oncall@drill.example json://{HOST}:{hook}/drill"
