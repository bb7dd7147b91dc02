"""What the OpenAPI document says in words; /docs shows it."""

from __future__ import annotations

from typing import Final

DESCRIPTION: Final = """\
Makes talking-portrait videos: a picture, speech and a prompt in, an MP4 out.

1. `POST /generate` answers 202 with a job id.
2. `GET /events/{job_id}` tells how the job goes as it goes; `GET /status/{job_id}` tells it when asked.
3. `GET /result/{job_id}` gives the video.

## Authentication

Send your API key with every request: `Authorization: Bearer pv_...`. A key has a role, scopes and a tier: an answer 403
names what is missing. The probes below /health, these pages and the OpenAPI document need none. An administrator makes
keys with `POST /keys` or `./plainview keys create`; `./plainview up` says where the first one is.

## Errors

Every error is problem details (RFC 9457), `application/problem+json`, with a stable `code`; /docs/errors lists them with
what to do about each. Quote `request_id` or `trace_id` when you ask for help; every answer has them as `X-Request-ID` and
`traceparent`.

## Sending again

`POST /generate` with an `Idempotency-Key` of yours makes one job however often it is sent. After 429 and 503 wait as long
as `Retry-After` says; where it is missing, double the pause each time and vary it.

## Lists

Lists come newest first, in pages: follow `next`, or the header `Link` with `rel="next"`, until it is null. What is added
meanwhile changes nothing on later pages.

## Versions

`ETag` names the version of what you got. Sent back as `If-None-Match` it saves the answer: 304. A download that broke off
goes on with `Range` and `If-Range`.
"""

TAGS: Final = [
    {"name": "jobs", "description": "Submit, look, listen, fetch, cancel, list."},
    {"name": "usage", "description": "Who used devices for how long, and what that cost."},
    {"name": "budgets", "description": "What a day and a month may cost, for the service and for each customer."},
    {"name": "keys", "description": "API keys, for administrators."},
    {"name": "health", "description": "Probes; they need no key."},
]

CONTACT: Final = {"name": "Plainview's operators"}
LICENCE: Final = {"name": "Apache-2.0", "identifier": "Apache-2.0"}

#: What parameters mean that are the same wherever they are.
MEANINGS: Final = {
    "customer": "The customer, as its keys name it.",
    "key_id": "A key's id or prefix, as GET /keys shows them.",
    "period": "A calendar day or month of the service's time zone.",
}
