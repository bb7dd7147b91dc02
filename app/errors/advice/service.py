"""Advice on codes about the service's own troubles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.errors.advice._advice import Advice, Retry
from app.errors.codes import Code

ADVICE: Final[Mapping[Code, Advice]] = {
    Code.INTERNAL: Advice(
        "Something went wrong that nobody foresaw. The answer says no more on purpose.",
        "Quote `request_id` or `trace_id`: the log line and the trace with the same id tell what it was.",
        Retry.LATER,
        "Something went wrong. The ids in this answer help to find out what.",
    ),
    Code.DATABASE_UNAVAILABLE: Advice(
        "The database did not answer in time, refused the connection or is locked.",
        "Try again. Operators: GET /health, and the runbook of the alert.",
        Retry.LATER,
        "The database does not answer. Try again soon.",
        {"component": "database"},
    ),
    Code.STORAGE_UNAVAILABLE: Advice(
        "Uploads or results cannot be read or written.",
        "Try again. Operators: GET /health; look at permissions and the health of the volume.",
        Retry.LATER,
        "The storage does not answer. Try again soon.",
        {"component": "storage"},
    ),
    Code.UPSTREAM_UNAVAILABLE: Advice(
        "A part behind the service failed so often that it is left alone for a while, or did not answer in time.",
        "Try again. Operators: GET /health names the part.",
        Retry.LATER,
        "The storage does not answer. Try again soon.",
        {"component": "storage"},
    ),
    Code.OVERLOADED: Advice(
        "As many connections are open as the service serves, or as one address may have.",
        "Wait and try again; keep fewer connections open. Operators: `PLAINVIEW_MAX_CONNECTIONS`, or more processes.",
        Retry.LATER,
        "More than 1000 connections are open, which is as many as are served. Try again soon.",
    ),
    Code.SHUTTING_DOWN: Advice(
        "The process was told to stop and takes nothing new.",
        "Try again: another process, or the same one once it is back, answers.",
        Retry.LATER,
        "The service is shutting down. Try again soon.",
    ),
    Code.STORAGE_FULL: Advice(
        "The disk has no room for the upload.",
        "Try again later. Operators: free space, or shorten `PLAINVIEW_RESULT_TTL_SECONDS`.",
        Retry.LATER,
        "The service's disk is full. Try again later.",
        {"component": "storage"},
    ),
}
