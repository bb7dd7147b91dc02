"""Request ids and the headers that carry ids back to the client."""

import re
from collections.abc import Iterable
from random import getrandbits
from typing import Final

from telemetry._secrets import redact

# What proxies and clients send: UUIDs, ULIDs, trace-like ids. Anything else could forge log lines or headers.
_SANE: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._:/+=@\-]{0,127}")


def request_id(headers: list[tuple[bytes, bytes]]) -> str:
    """Return the client's X-Request-ID if it is 1 to 128 plain characters, else a new one of 32 hex digits."""
    for name, value in headers:
        if name == b"x-request-id" and _SANE.fullmatch(value):
            given = value.decode("ascii")
            if redact(given) == given:  # an id is in every line and on the answer: no place for a key
                return given
    return getrandbits(128).to_bytes(16).hex()  # as `:032x`, at half its cost


def answer_headers(
    headers: Iterable[tuple[bytes, bytes]], request_id: str, ids: tuple[str, str] | None, flags: int
) -> list[tuple[bytes, bytes]]:
    """Return an answer's headers with X-Request-ID and, inside a trace, traceparent; the app's own are replaced.

    `ids` are those of the trace and the span in hex, `flags` the span's trace flags.
    """
    kept = [pair for pair in headers if pair[0].lower() not in (b"x-request-id", b"traceparent")]
    kept.append((b"x-request-id", request_id.encode("ascii")))
    if ids is not None:
        kept.append((b"traceparent", f"00-{ids[0]}-{ids[1]}-{flags:02x}".encode("ascii")))
    return kept
