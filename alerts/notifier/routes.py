"""The notifier's HTTP surface; every blocking call runs in a thread."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from .alertmanager import Group
from .deliveries import TargetLoop
from .errors import Malformed, OutboxUnavailable, TooLarge, Unauthorized, WrongMediaType
from .intake import Intake
from .moments import rfc3339
from .outbox import Outbox
from .records import Recipient
from .watchdog import Watchdog

_LARGEST_BODY: Final = 32 * 1024 * 1024

router = APIRouter()


@dataclass(frozen=True)
class Parts:
    """What the routes need, made by the lifespan."""

    outbox: Outbox
    intake: Intake
    watchdog: Watchdog
    recipients: list[Recipient]
    loops: list[TargetLoop]
    token: str | None


def _parts(request: Request) -> Parts:
    parts: Parts = request.state.parts
    return parts


PartsOf = Annotated[Parts, Depends(_parts)]


def _authorized(request: Request, parts: PartsOf) -> None:
    if parts.token is None:
        return
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), parts.token.encode()):
        raise Unauthorized("Send the token of PLAINVIEW_NOTIFIER_TOKEN as `Authorization: Bearer ...`.")


@router.post("/alertmanager", dependencies=[Depends(_authorized)])
async def alertmanager(request: Request, parts: PartsOf) -> dict[str, int]:
    """Take a group of alerts; 200 means that it is on disk."""
    group = _group(await _body(request))
    stored = await run_in_threadpool(parts.intake.take, group)
    if group.carries_watchdog():
        await run_in_threadpool(parts.watchdog.seen)
    return {"stored": len(stored)}


@router.get("/deliveries", dependencies=[Depends(_authorized)])
async def deliveries(
    parts: PartsOf, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> dict[str, list[dict[str, Any]]]:
    """Return the last deliveries, newest first."""
    return {"deliveries": [_shown(row) for row in await run_in_threadpool(parts.outbox.recent, limit)]}


@router.get("/health/live")
async def live() -> dict[str, str]:
    """Answer while the process runs."""
    return {"status": "live"}


@router.get("/health/ready")
async def ready(parts: PartsOf) -> dict[str, Any]:
    """Answer 200 when alerts can be stored and every delivery loop runs."""
    pending = await run_in_threadpool(parts.outbox.pending)
    dead = [recipient.name for recipient, loop in zip(parts.recipients, parts.loops, strict=True) if not loop.alive()]
    if dead:
        raise OutboxUnavailable(f"the delivery loop of {', '.join(dead)} has ended; restart the notifier")
    targets = [recipient.id for recipient in parts.recipients]
    detail = f"{len(targets)} targets" if targets else "no targets configured: set PLAINVIEW_NOTIFY_URLS to be told"
    loops = zip(parts.recipients, parts.loops, strict=True)
    failing = [recipient.id for recipient, loop in loops if loop.failing()]
    return {"status": "ready", "detail": detail, "targets": targets, "failing": failing, "pending": pending}


async def _body(request: Request) -> bytes:
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise WrongMediaType(f"Send application/json; Content-Type was {kind[:100] or 'nothing'}.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_BODY:
            raise TooLarge(f"The body is larger than {_LARGEST_BODY} bytes.")
    return bytes(body)


def _group(body: bytes) -> Group:
    try:
        return Group.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "body"
        raise Malformed(f"{field}: {first['msg']}") from error


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "notification": row["id"],
        "subject": row["title"],
        "status": row["status"],
        "received_at": rfc3339(row["received_at"]),
        "target": row["target"],
        "kind": row["kind"],
        "name": Recipient(row["target"], row["kind"]).name if row["target"] else None,
        "state": row["state"] or "no targets",
        "attempts": row["attempts"] or 0,
        "next_attempt_at": rfc3339(row["due_at"]) if row["state"] == "pending" else None,
        "finished_at": rfc3339(row["finished_at"]) if row["finished_at"] else None,
        "error": row["error"],
    }
