"""Advice on codes about jobs and results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.errors.advice._advice import Advice, Retry
from app.errors.codes import Code

_ID: Final = "6f1c2a9e4b7d4c0f9a3e5d8b7c6a5f4e"

ADVICE: Final[Mapping[Code, Advice]] = {
    Code.JOB_UNKNOWN: Advice(
        "No job has this id, or it is another customer's.",
        "Use the `job_id` of the 202 answer, with a key of the same customer.",
        Retry.NO,
        f"No job of yours has the id {_ID}.",
        {"job_id": _ID},
    ),
    Code.JOB_NOT_FINISHED: Advice(
        "The result was asked for while the job waits or runs.",
        "Wait with GET /events/{job_id}, or ask GET /status/{job_id} again after `Retry-After`.",
        Retry.AFTERWARDS,
        f"The job is running, 42% done. GET /status/{_ID} tells when it is ready.",
        {"job_id": _ID, "job_status": "running", "progress": 0.42},
    ),
    Code.JOB_ALREADY_FINISHED: Advice(
        "A job that has ended was to be cancelled.",
        "Nothing: look at its state with GET /status/{job_id}.",
        Retry.NO,
        "The job is succeeded; there is nothing to cancel.",
        {"job_id": _ID, "job_status": "succeeded"},
    ),
    Code.JOB_FAILED: Advice(
        "The result was asked for, but the job failed.",
        "Read `detail`; correct the input or submit the job again.",
        Retry.NO,
        "No face was found in the picture.",
        {"job_id": _ID, "job_status": "failed", "job_error": "invalid_input"},
    ),
    Code.JOB_CANCELLED: Advice(
        "The result was asked for, but the job was cancelled.",
        "Submit it again if it was cancelled by mistake.",
        Retry.NO,
        "The job was cancelled.",
        {"job_id": _ID, "job_status": "cancelled", "job_error": None},
    ),
    Code.RESULT_EXPIRED: Advice(
        "Results are kept for some hours (`PLAINVIEW_RESULT_TTL_SECONDS`), and this one's time is over; or the file is gone from the storage before that.",
        "Submit the job again, and fetch results soon.",
        Retry.NO,
        "The video is not there any more: results are kept for 6:00:00 after the job ended. Submit it again.",
        {"job_id": _ID, "kept_seconds": 21600},
    ),
    Code.LINK_INVALID: Advice(
        "A link to a result has ended, was changed on its way, or was signed with a secret that is no longer known.",
        "Ask who gave you the link for a new one: POST /jobs/{job_id}/link.",
        Retry.NO,
        "The link is not one of this service's, or was changed.",
    ),
    Code.IDEMPOTENCY_CONFLICT: Advice(
        "The header `Idempotency-Key` names another submit of the last 24 hours: other contents or another prompt.",
        "Give each submit a key of its own, such as a UUID; send a key again only with the same submit.",
        Retry.NO,
        f"The Idempotency-Key '0b0e6a5c' named another submit, of job {_ID}. Give each submit a key of its own.",
        {"job_id": _ID},
    ),
    Code.TOO_MANY_STREAMS: Advice(
        "The customer holds as many event streams of one process as it may.",
        "Close streams that nobody reads, or ask GET /status/{job_id} instead.",
        Retry.LATER,
        "20 event streams of acme are open, which is all that one customer may have.",
        {"limit": 20},
    ),
}
