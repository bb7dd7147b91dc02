"""Ask a part over HTTP whether it is ready."""

import asyncio
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 3.0
OK = 200
# Who wants to know who asks is there to answer: /metrics may need a token.
READY = frozenset({OK, 401})


# As Prometheus asks: an app may have another answer at /metrics for people.
ACCEPT = "Accept: text/plain;version=0.0.4,*/*;q=0.1\r\n"


async def not_ready(url: str) -> str | None:
    """Return None when the URL answers 200 or wants a token, else what it did instead, such as "connection refused"."""
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            status = await _status(url)
    except TimeoutError:
        return f"no answer from {url} within {TIMEOUT_SECONDS:g} s"
    except ConnectionRefusedError:
        return f"nobody listens at {url}"
    except (OSError, ValueError) as error:
        return f"{url}: {error or type(error).__name__}"
    return None if status in READY else f"{url} answered {status}"


async def _status(url: str) -> int:
    """Return the status of a GET. A plain socket: an HTTP client costs more to import than the start may take."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        writer.write(
            f"GET {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\n{ACCEPT}Connection: close\r\n\r\n".encode()
        )
        await writer.drain()
        line = (await reader.readline()).split()
    finally:
        writer.close()
    if len(line) < 2:  # noqa: PLR2004 - version and status
        raise ValueError("closed the connection without an answer")
    return int(line[1])
