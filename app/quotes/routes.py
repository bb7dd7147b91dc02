"""Ask before submitting."""

from __future__ import annotations

from fastapi import APIRouter

from app.errors import Code
from app.errors.documented import answers
from app.keys.authentication import JobsReader
from app.quotes.schemas import QuoteRequest, QuoteView, view
from app.services import CurrentServices

router = APIRouter(tags=["jobs"])


@router.post(
    "/quote",
    response_description="The quote.",
    responses=answers(Code.KEY_MISSING, Code.KEY_UNKNOWN, Code.SCOPE_REQUIRED, Code.INVALID_INPUT),
)
async def ask(wanted: QuoteRequest, key: JobsReader, services: CurrentServices) -> QuoteView:
    """Tell what a job would take: device seconds and cost with an interval, its place in the queue, when it would end.

    It is an estimate from jobs like it, no promise; `samples` and `coverage` say how much it is worth.
    """
    found, position = await services.quotes.next(wanted.audio_seconds, key)
    return view(found, position)
