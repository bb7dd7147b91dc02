"""From a request to an accepted job: receive, check, store the row, enqueue. What is refused leaves nothing behind."""

from __future__ import annotations

import asyncio
import errno
import shutil
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio.to_thread
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.requests import Request

from app.admission import admit
from app.admission.rules import Rules
from app.errors import Code, FieldError, ServiceError
from app.errors.handlers import STORAGE_FULL
from app.generation.confined import Examiner
from app.generation.inputs import DEFAULT_LIMITS, BadInput, check_prompt
from app.jobs import rows
from app.jobs.acceptance import Accepted, Terms, accept
from app.jobs.files import JobFiles
from app.jobs.job import OPERATION, State
from app.jobs.multipart import Received, receive
from app.jobs.rows import NewJob
from app.jobs.schemas import ALLOWED
from app.keys.key import TIERS, Key
from app.quotes.history import History
from app.quotes.quote import Quote
from app.quotes.schemas import view as quoted
from app.repeats.generations import digest_of
from app.repeats.wishes import Wishes, wishes
from app.services import Services
from telemetry import annotate, catalog
from telemetry.context import current_request_id
from telemetry.logs import get_logger

if TYPE_CHECKING:
    from telemetry import Telemetry

_log = get_logger(__name__)
#: Most bytes of each field. A character of the prompt takes up to four bytes; some white space is trimmed.
FIELDS: Final = {
    "image": DEFAULT_LIMITS.max_image_bytes,
    "audio": DEFAULT_LIMITS.max_audio_bytes,
    "prompt": DEFAULT_LIMITS.max_prompt_length * 4 + 1024,
}


#: Why a submit is refused once its key was accepted.
REFUSALS: Final = (
    Code.BAD_REQUEST,
    Code.INVALID_INPUT,
    Code.BODY_TOO_LARGE,
    Code.REQUEST_TIMEOUT,
    Code.MEDIA_TYPE_UNSUPPORTED,
    Code.STORAGE_FULL,
    Code.IDEMPOTENCY_CONFLICT,
    Code.BUDGET_EXCEEDED,
    Code.COST_UNKNOWN,
    *admit.REFUSALS,
)


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent and can be used: the prompt, the length of the speech, the bytes and digest of each field."""

    prompt: str
    audio_seconds: float
    received: Received


def count_from_zero(telemetry: Telemetry) -> None:
    """Export what the API counts about jobs before there is anything to count, so that the first event is a rise."""
    for tier in TIERS:
        telemetry.counter(catalog.JOB_SUBMITTED).labels(operation=OPERATION, tier=tier)
        for state in (State.CANCELLED, State.SUCCEEDED):
            telemetry.counter(catalog.JOB_FINISHED).labels(operation=OPERATION, outcome=str(state), tier=tier)
    for field in FIELDS:
        telemetry.counter(catalog.JOB_INPUT_BYTES).labels(operation=OPERATION, field=field)
    telemetry.counter(catalog.JOB_RESULTS_FETCHED).labels(operation=OPERATION)
    for code in REFUSALS:
        telemetry.counter(catalog.JOB_REJECTED).labels(operation=OPERATION, code=code.code)


async def submit(request: Request, key: Key, services: Services) -> Accepted:
    """Accept the job that the request describes, or raise why not."""
    job_id = uuid.uuid4().hex
    annotate(job_id=job_id)
    try:
        asked = wishes(request.headers)
        async with _only_if_accepted(services.files, job_id) as upload:
            sent = await _receive(request, upload.folder, services)
            quote, known = await services.quotes.offer(sent.audio_seconds)
            terms = _terms(sent, quote, known, asked, services)
            async with services.storage.call():
                await anyio.to_thread.run_sync(services.files.hand_over, job_id)
            terms = replace(terms, stored=await services.repeats.answer(terms, key.customer))
            check = partial(services.budgets.check, customer=key.customer, quote=quote, tell_all=key.is_admin)
            async with services.acceptances:
                upload.may_be_accepted = True
                accepted = await services.database.write(accept, _new_job(job_id, key, sent, quote), terms, check)
            if accepted.repeated or accepted.state.is_final:
                with suppress(OSError):  # the job is accepted whatever becomes of what nobody needs: it is swept
                    await anyio.to_thread.run_sync(services.files.remove, job_id, None)
    except (ServiceError, BadInput) as error:
        code = error.code if isinstance(error, ServiceError) else Code.INVALID_INPUT
        services.telemetry.counter(catalog.JOB_REJECTED).labels(operation=OPERATION, code=code.code).inc()
        raise
    annotate(job_id=accepted.job_id)
    if not accepted.repeated:
        _count(accepted, sent, key, services)
    if not accepted.repeated and accepted.state is State.QUEUED:
        await _enqueue(job_id, accepted.turn, services)
    return accepted


def _count(accepted: Accepted, sent: Sent, key: Key, services: Services) -> None:
    services.repeats.count(accepted.sharing)
    telemetry = services.telemetry
    telemetry.counter(catalog.JOB_SUBMITTED).labels(operation=OPERATION, tier=key.tier).inc()
    if accepted.state.is_final:
        outcome = str(accepted.state)
        telemetry.counter(catalog.JOB_FINISHED).labels(operation=OPERATION, outcome=outcome, tier=key.tier).inc()
    for field, size in sent.received.sizes.items():
        telemetry.counter(catalog.JOB_INPUT_BYTES).labels(operation=OPERATION, field=field).inc(size)
    _log.info(
        catalog.Event.JOB_ACCEPTED,
        job_id=accepted.job_id,
        queue_position=accepted.place,
        tier=key.tier,
        sharing=accepted.sharing,
    )


def _terms(sent: Sent, quote: Quote, known: History, asked: Wishes, services: Services) -> Terms:
    settings, digests = services.settings, sent.received.digests
    media = {name: digests[name] for name in ("image", "audio")}
    return Terms(
        wishes=asked,
        contents=digest_of("", sent.prompt, media),
        inputs=digest_of(settings.generator, sent.prompt, media),
        scope=settings.cache_scope,
        kept=settings.result_ttl,
        quote=quoted(quote, 1).model_dump(mode="json"),
        known=known,
        rules=Rules.of(settings),
    )


async def _enqueue(job_id: str, turn: int | None, services: Services) -> None:
    # The row says that the job is accepted; whatever goes wrong from here on, the reconciler delivers it.
    try:
        await services.queue.enqueue(job_id, turn)
        await services.database.write(rows.mark_enqueued, job_id)
    except Exception as error:  # noqa: BLE001 - the job is accepted and will be delivered
        _log.warning(catalog.Event.JOB_ENQUEUE_POSTPONED, job_id=job_id, error_type=type(error).__name__)


def _new_job(job_id: str, key: Key, sent: Sent, quote: Quote) -> NewJob:
    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return NewJob(
        id=job_id,
        customer=key.customer,
        key_id=key.id,
        tier=key.tier,
        prompt=sent.prompt,
        traceparent=carrier.get("traceparent"),
        request_id=current_request_id(),
        audio_seconds=sent.audio_seconds,
        quoted_gpu_seconds=None if quote.device_seconds is None else quote.device_seconds.seconds,
        quoted_cost_nanousd=quote.nanousd,
    )


async def _receive(request: Request, folder: Path, services: Services) -> Sent:
    longest = services.settings.upload_time.total_seconds()
    try:
        async with asyncio.timeout(longest):
            received = await receive(request, folder, FIELDS)
    except TimeoutError as error:
        detail = f"The body did not arrive within {longest:g} s."
        raise ServiceError(Code.REQUEST_TIMEOUT, detail, context={"most_seconds": longest}) from error
    missing = [
        FieldError(name, "nothing", f"The field is required. Allowed: {ALLOWED[name]}.")
        for name in FIELDS
        if name not in received.sizes
    ]
    if missing:
        names = ", ".join(field.field for field in missing)
        raise ServiceError(Code.INVALID_INPUT, f"Missing: {names}.", errors=missing)
    # A limiter of its own: files that are slow to read must not hold the threads that write other uploads.
    prompt, audio_seconds = await anyio.to_thread.run_sync(
        _check, folder, services.examiner, limiter=services.examinations
    )
    return Sent(prompt, audio_seconds, received)


def _check(folder: Path, examiner: Examiner) -> tuple[str, float]:
    try:
        prompt = check_prompt((folder / "prompt").read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise BadInput("prompt", "bytes that are not UTF-8", "The prompt is not text.", "text in UTF-8") from error
    (folder / "prompt").unlink()
    return prompt, examiner.check(folder / "image", folder / "audio")


@dataclass(slots=True)
class _Upload:
    """Where a submit's files are, and whether there may be a row that needs them."""

    folder: Path
    may_be_accepted: bool = False


@asynccontextmanager
async def _only_if_accepted(files: JobFiles, job_id: str) -> AsyncIterator[_Upload]:
    upload = _Upload(files.upload(job_id))
    try:
        await anyio.to_thread.run_sync(partial(upload.folder.mkdir, parents=True))
        yield upload
    except BaseException as error:
        is_refused = isinstance(error, ServiceError)
        # A database that was lost as it committed may have the row, and a repetition of the submit gets that job.
        if is_refused or not upload.may_be_accepted:
            shutil.rmtree(upload.folder, ignore_errors=True)
        if is_refused:  # otherwise what was handed over is swept as nobody's
            with suppress(OSError):
                await anyio.to_thread.run_sync(files.remove, job_id, None)
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ServiceError(Code.STORAGE_FULL, STORAGE_FULL, context={"component": "storage"}) from error
        raise
