"""Advice on codes about requests that cannot be used, whatever they ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.errors.advice._advice import Advice, Retry
from app.errors.codes import Code

ADVICE: Final[Mapping[Code, Advice]] = {
    Code.BAD_REQUEST: Advice(
        "A multipart body is broken, or the address holds bytes that are no text.",
        "Let an HTTP library build address and body, such as `curl -F`.",
        Retry.NO,
        "The multipart body ends before its last boundary, --x--.",
    ),
    Code.INVALID_INPUT: Advice(
        "Fields are missing, of the wrong type or out of range; a picture, sound or prompt cannot be used.",
        "Read `errors`: every field at fault, with what was found and what is allowed.",
        Retry.NO,
        "limit: Input should be less than or equal to 1000. Found '2000'.",
    ),
    Code.ROUTE_UNKNOWN: Advice(
        "No address of the service is written like this; a slash at the end counts.",
        "Compare with /docs.",
        Retry.NO,
        "/statuses is not an address of this service; /docs lists them.",
        {"path": "/statuses"},
    ),
    Code.METHOD_NOT_ALLOWED: Advice(
        "The address exists, with other methods.",
        "Use one of those in the `Allow` header.",
        Retry.NO,
        "PUT is not allowed at /jobs; allowed: GET, HEAD, OPTIONS.",
        {"method": "PUT", "allowed": ["GET", "HEAD", "OPTIONS"]},
    ),
    Code.NOT_ACCEPTABLE: Advice(
        "The `Accept` header leaves out the only media type of the answer.",
        "Accept `text/event-stream` for events, or send no `Accept`.",
        Retry.NO,
        "Events come as text/event-stream, which Accept: application/json leaves out.",
        {"available": ["text/event-stream"]},
    ),
    Code.REQUEST_TIMEOUT: Advice(
        "The body came too slowly: all of it has `PLAINVIEW_UPLOAD_SECONDS`.",
        "Send it again over a better connection, or send less.",
        Retry.LATER,
        "The body did not arrive within 300 s.",
        {"most_seconds": 300},
    ),
    Code.LENGTH_REQUIRED: Advice(
        "The body has neither `Content-Length` nor chunked transfer coding.",
        "Let an HTTP library send the body.",
        Retry.NO,
        "Send Content-Length.",
    ),
    Code.PRECONDITION_FAILED: Advice(
        "`If-Match` or `If-Unmodified-Since` names another version than the present one.",
        "Fetch the resource anew, without the condition.",
        Retry.NO,
        'The present version is "75b51-18f0a3b2c1d0e000", and not what the request\'s condition names.',
        {"etag": '"75b51-18f0a3b2c1d0e000"'},
    ),
    Code.BODY_TOO_LARGE: Advice(
        "A field or the whole body has more bytes than it may have.",
        "Send a smaller picture or shorter speech; `context` and `errors` say how much is allowed.",
        Retry.NO,
        "image is too large; up to 10 MiB are allowed.",
        {"field": "image", "limit_bytes": 10485760},
    ),
    Code.ADDRESS_TOO_LONG: Advice(
        "Path and query are longer than 8 KiB.",
        "Ask for less at once.",
        Retry.NO,
        "The address has 9000 bytes; up to 8192 are allowed.",
        {"limit_bytes": 8192},
    ),
    Code.MEDIA_TYPE_UNSUPPORTED: Advice(
        "The `Content-Type` is not one that the address takes.",
        "Send `multipart/form-data` to /generate, `application/json` elsewhere.",
        Retry.NO,
        "Send multipart/form-data with a boundary; Content-Type was text/plain.",
        {"accepted": ["multipart/form-data"]},
    ),
    Code.RANGE_NOT_SATISFIABLE: Advice(
        "`Range` asks for bytes behind the end of the result.",
        "Take the size from `Content-Range`; where all bytes are there already, nothing is left to fetch.",
        Retry.NO,
        "The result has 482113 bytes; bytes=500000- has none of them.",
        {"size_bytes": 482113},
    ),
    Code.HEADERS_TOO_LARGE: Advice(
        "All headers together are larger than 32 KiB.",
        "Send fewer cookies and headers.",
        Retry.NO,
        "The headers have 40000 bytes; up to 32768 are allowed.",
        {"limit_bytes": 32768},
    ),
    Code.HOST_UNKNOWN: Advice(
        "The Host header has a name that the service does not answer to, as a page would send that has its own name point here.",
        "Use the address that you were given. Operators: name the host in `PLAINVIEW_ALLOWED_HOSTS`.",
        Retry.NO,
        "The Host header is 'gpu-box'; PLAINVIEW_ALLOWED_HOSTS names the hosts that are answered to.",
        {"host": "gpu-box"},
    ),
    Code.METHOD_UNKNOWN: Advice(
        "The method is none of HTTP's usual ones.",
        "Use a method that /docs names.",
        Retry.NO,
        "BREW is not a method of this service.",
        {"method": "BREW"},
    ),
    Code.CLIENT_CLOSED: Advice(
        "The connection was closed while the body was read; only logs and metrics show this code.",
        "Send the request again if it was not meant to be broken off.",
        Retry.LATER,
        "The connection was closed while the body was read.",
    ),
    Code.HTTP_ERROR: Advice(
        "The framework refused the request with a status that has no code of its own.",
        "Read `status` and `detail`.",
        Retry.NO,
        "The request was refused.",
    ),
}
