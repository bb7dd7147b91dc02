"""The backends, asked for what they may be asked and nothing else."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

import anyio
import httpx
from fastapi import Request
from fastapi.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from stack.console.problems import BackendDown, BackendSlow, NotFound, TooLarge

_TIMEOUT: Final = httpx.Timeout(30.0, connect=2.0, pool=5.0)
_MAX_FORM: Final = 1024 * 1024
_SEGMENT: Final = r"[^/]+"


@dataclass(frozen=True, slots=True)
class Backend:
    """One backend and what may be read of it.

    Attributes:
        name: as messages call it.
        url: its base, with the prefix of its API.
        paths: the paths that are passed on; `*` stands for one segment.
        advice: what to do when it does not answer.
        headers: sent with each request.
    """

    name: str
    url: str
    paths: tuple[str, ...]
    advice: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def allows(self, path: str) -> bool:
        """Tell whether the path, as it stands in the URL, may be asked for."""
        if any(unquote(part) in ("", ".", "..") for part in path.split("/")):
            return False
        return any(re.fullmatch(_pattern(allowed), path) for allowed in self.paths)


def _pattern(path: str) -> str:
    return "/".join(_SEGMENT if part == "*" else re.escape(part) for part in path.split("/"))


def new_client(urls: Iterable[str]) -> httpx.AsyncClient:
    """Return a client for backends at these URLs; it follows no redirect and no proxy setting."""
    limits = httpx.Limits(max_connections=40, max_keepalive_connections=10, keepalive_expiry=30)
    # The certificates of the world take 4 MiB: read only where a backend is asked over TLS.
    tls = any(url.startswith("https:") for url in urls)
    context = ssl.create_default_context() if tls else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.AsyncClient(timeout=_TIMEOUT, limits=limits, follow_redirects=False, trust_env=False, verify=context)


async def forward(client: httpx.AsyncClient, backend: Backend, path: str, request: Request) -> Response:
    """Return the backend's answer to this request; `path` is what follows the prefix, as it stands in the URL.

    Raises:
        NotFound: the path is not one that may be asked for.
        BackendDown: no answer, or one that is not usable.
        BackendSlow: no answer in time.
    """
    if not backend.allows(path):
        raise NotFound(f"{backend.name} is not asked for {path!r} here; allowed: {', '.join(backend.paths)}")
    outgoing = client.build_request(
        request.method,
        f"{backend.url}/{path}",
        params=httpx.QueryParams(request.url.query),
        headers={"Accept": "application/json", **backend.headers, **_content_type(request)},
        content=await _form(request) if request.method == "POST" else None,
    )
    try:
        answer = await client.send(outgoing, stream=True)
    except httpx.TimeoutException as error:
        raise BackendSlow(f"{backend.name} at {backend.url} did not answer in time: {backend.advice}") from error
    except httpx.HTTPError as error:
        raise BackendDown(f"{backend.name} does not answer at {backend.url}: {backend.advice}") from error
    if answer.is_redirect:
        await answer.aclose()
        raise BackendDown(f"{backend.name} at {backend.url} redirects to somewhere else: correct its URL")
    return _Passed(answer)


class _Passed(StreamingResponse):
    """A backend's answer on its way through: its body as it comes, its status and type, no other header."""

    def __init__(self, answer: httpx.Response) -> None:
        headers = {
            "Content-Type": answer.headers.get("content-type", "application/json"),
            "Cache-Control": "no-store",
        }
        super().__init__(answer.aiter_bytes(), answer.status_code, headers)
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            # Also when the browser went away before the first byte: else the connection is never free again.
            with anyio.CancelScope(shield=True):
                await self._answer.aclose()


def _content_type(request: Request) -> dict[str, str]:
    found = request.headers.get("content-type")
    return {"Content-Type": found} if request.method == "POST" and found else {}


async def _form(request: Request) -> bytes:
    form = bytearray()
    async for chunk in request.stream():
        form += chunk
        if len(form) > _MAX_FORM:
            raise TooLarge(f"the form is larger than {_MAX_FORM} bytes")
    return bytes(form)
