"""Every code that an answer may carry, with its HTTP status and what it means.

What to do about each stands in `app.errors.advice`; docs/ERRORS.md and /docs/errors are made of both.
"""

from __future__ import annotations

from enum import Enum


class Code(Enum):
    """A documented kind of error; the name in lower case is the `code` of the answer.

    Attributes:
        status: HTTP status of the answer.
        title: what the code means, the same in every answer that carries it.
    """

    status: int
    title: str

    # Access
    KEY_MISSING = (401, "No API key was sent")
    KEY_MALFORMED = (401, "What was sent is not an API key")
    KEY_UNKNOWN = (401, "The API key is not known")
    KEY_REVOKED = (401, "The API key was revoked")
    KEY_EXPIRED = (401, "The API key has expired")
    ROLE_REQUIRED = (403, "The API key's role does not allow this")
    SCOPE_REQUIRED = (403, "The API key does not have the scope that this needs")

    # Requests
    BAD_REQUEST = (400, "The request cannot be understood")
    INVALID_INPUT = (422, "The request has fields that cannot be used")
    ROUTE_UNKNOWN = (404, "There is nothing at this address")
    METHOD_NOT_ALLOWED = (405, "The method is not allowed at this address")
    NOT_ACCEPTABLE = (406, "The answer has none of the media types that the request accepts")
    REQUEST_TIMEOUT = (408, "The request took too long to arrive")
    LENGTH_REQUIRED = (411, "The request does not say how long its body is")
    PRECONDITION_FAILED = (412, "A condition of the request does not hold")
    BODY_TOO_LARGE = (413, "The body is larger than allowed")
    ADDRESS_TOO_LONG = (414, "The address is longer than allowed")
    MEDIA_TYPE_UNSUPPORTED = (415, "The body's media type is not supported")
    RANGE_NOT_SATISFIABLE = (416, "The result has none of the bytes that were asked for")
    HEADERS_TOO_LARGE = (431, "The headers are larger than allowed")
    HOST_UNKNOWN = (421, "The service is not called by this name")
    METHOD_UNKNOWN = (501, "The service does not know the method")
    CLIENT_CLOSED = (400, "The body ended before it was complete")
    HTTP_ERROR = (400, "The request was refused")

    # Jobs
    JOB_UNKNOWN = (404, "There is no such job")
    JOB_NOT_FINISHED = (409, "The job has not finished")
    JOB_ALREADY_FINISHED = (409, "The job has already finished")
    JOB_FAILED = (410, "The job failed and has no result")
    JOB_CANCELLED = (410, "The job was cancelled and has no result")
    RESULT_EXPIRED = (410, "The result was removed")
    LINK_INVALID = (403, "The link does not open anything")
    TOO_MANY_STREAMS = (429, "Too many event streams are open")

    # Repeats
    IDEMPOTENCY_CONFLICT = (409, "The Idempotency-Key named another submit")

    # Budgets
    BUDGET_EXCEEDED = (402, "The budget does not allow this job")
    COST_UNKNOWN = (402, "The budget cannot be kept, as a cost is not known")
    BUDGET_UNKNOWN = (404, "No such budget was set")

    # Limits
    RATE_LIMITED = (429, "Too many requests")
    TOO_MANY_FAILURES = (429, "Too many keys from this address were wrong")

    # Keys
    KEY_ID_UNKNOWN = (404, "There is no such key")
    KEY_NOT_ACTIVE = (409, "The key has ended and cannot be changed")

    # The queue
    QUEUE_FULL = (503, "The queue is full")
    CUSTOMER_QUEUE_FULL = (429, "The queue is full, and the customer holds its share of it")

    # The service
    INTERNAL = (500, "The service failed")
    DATABASE_UNAVAILABLE = (503, "The database does not answer")
    STORAGE_UNAVAILABLE = (503, "The storage does not answer")
    UPSTREAM_UNAVAILABLE = (503, "Something that the service depends on does not answer")
    OVERLOADED = (503, "The service has all the connections that it can serve")
    SHUTTING_DOWN = (503, "The service is shutting down")
    STORAGE_FULL = (507, "There is no room for the upload")

    def __init__(self, status: int, title: str) -> None:
        self.status = status
        self.title = title

    @property
    def code(self) -> str:
        """The code as answers carry it."""
        return self.name.lower()
