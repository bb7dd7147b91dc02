"""What the trace store refuses, and how it says so.

TraceStoreError
├── RequestRefused            the OTLP request is at fault or came at a bad time; has an HTTP status
│   ├── BadBody               400  cannot be decoded
│   ├── TooLarge              413  larger than the limit, on the wire or unpacked
│   ├── UnsupportedMedia      415  neither protobuf nor JSON, or an unknown content encoding
│   └── Unavailable           503  the queue is full, the disk is, or the store is stopping; worth a retry
├── BadQuery                  400  a query parameter cannot be understood
└── QueryTimeout              503  a query ran past its deadline
"""

from __future__ import annotations


class TraceStoreError(Exception):
    """Anything that the trace store answers with an error."""


class RequestRefused(TraceStoreError):  # noqa: N818 - reads as what happened
    """An OTLP request that was not stored.

    Attributes:
        status: HTTP status of the answer.
        code: the same as a google.rpc code, for the OTLP error body.
        reason: label of `tracestore_requests_rejected_total`.
    """

    status = 400
    code = 3
    reason = "bad_body"


class BadBody(RequestRefused):
    """The body is not what its headers say."""


class TooLarge(RequestRefused):
    status = 413
    code = 8
    reason = "too_large"


class UnsupportedMedia(RequestRefused):
    status = 415
    code = 3
    reason = "unsupported_media"


class Unavailable(RequestRefused):
    """Nothing is wrong with the request: the sender should try again."""

    status = 503
    code = 14
    reason = "unavailable"


class BadQuery(TraceStoreError, ValueError):  # noqa: N818 - as above
    """A query parameter that cannot be understood; says which one."""


class QueryTimeout(TraceStoreError, TimeoutError):  # noqa: N818 - as above
    """A query that ran past its deadline and was stopped."""
