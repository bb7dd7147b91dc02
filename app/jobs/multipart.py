"""A multipart body, written to disk while it arrives: nothing of it is kept in memory, no name of it is used."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import anyio.to_thread
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from app.errors import Code, FieldError, ServiceError

if TYPE_CHECKING:
    from hashlib import _Hash

_MOST_HEADER_BYTES: Final = 8 * 1024
#: Bytes of a body besides its fields: boundaries and headers.
_AROUND: Final = 64 * 1024
_LONGEST_BOUNDARY: Final = 70  # by RFC 2046; more of it is not repeated


@dataclass(slots=True)
class _Part:
    header_name: bytes = b""
    header_value: bytes = b""
    header_bytes: int = 0
    name: str = ""
    size: int = 0
    stream: BinaryIO | None = None
    is_read: bool = False
    digest: _Hash = field(default_factory=hashlib.sha256)


@dataclass(frozen=True, slots=True)
class Received:
    """The fields that were written: how many bytes of each, and their SHA-256."""

    sizes: dict[str, int]
    digests: dict[str, str]


class Reception:
    """Takes the parts of one body; each expected field goes into a file of the field's own name in `folder`."""

    def __init__(self, folder: Path, boundary: bytes, limits: Mapping[str, int]) -> None:
        self.sizes: dict[str, int] = {}
        self.digests: dict[str, str] = {}
        self.boundary = boundary[:_LONGEST_BOUNDARY].decode("ascii", "replace")
        self.is_complete = False
        self._folder = folder
        self._limits = limits
        self._part = _Part()
        self._parts = 0
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._on_part_begin,
                "on_header_field": self._on_header_field,
                "on_header_value": self._on_header_value,
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_headers_finished,
                "on_part_data": self._on_part_data,
                "on_part_end": self._on_part_end,
                "on_end": self._on_end,
            },
        )

    def write(self, chunk: bytes) -> None:
        """Take the next bytes; raises `ServiceError` as soon as they cannot be part of an acceptable body."""
        try:
            self._parser.write(chunk)
        except MultipartParseError as error:
            raise ServiceError(Code.BAD_REQUEST, self._reason()) from error

    def _reason(self) -> str:
        if self._parts == 0:
            return (
                "The body is not the multipart that its Content-Type announces: no part begins with the boundary "
                f"--{self.boundary}. Let your HTTP client make both, such as `curl -F`."
            )
        where = "what follows a boundary is" if self._part.is_read else "a part's header is"
        return f"The multipart body cannot be read: {where} broken, in part {self._parts}."

    def close(self) -> None:
        """Close what is still open."""
        if self._part.stream is not None:
            self._part.stream.close()

    def _on_part_begin(self) -> None:
        self._part = _Part()
        self._parts += 1

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._part.header_name += self._header(data, start, end)

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._part.header_value += self._header(data, start, end)

    def _header(self, data: bytes, start: int, end: int) -> bytes:
        self._part.header_bytes += end - start
        if self._part.header_bytes > _MOST_HEADER_BYTES:
            raise ServiceError(Code.BAD_REQUEST, f"A part's header is longer than {_MOST_HEADER_BYTES} bytes.")
        return data[start:end]

    def _on_header_end(self) -> None:
        part = self._part
        if part.header_name.lower() == b"content-disposition":
            _, options = parse_options_header(part.header_value)
            part.name = options.get(b"name", b"").decode("utf-8", "replace")
        part.header_name = part.header_value = b""

    def _on_headers_finished(self) -> None:
        name = self._part.name
        if name not in self._limits:
            expected = ", ".join(self._limits)
            shown = FieldError(name[:100], "not read", f"There is no such field. Allowed: {expected}.")
            raise ServiceError(Code.INVALID_INPUT, f"{name[:100]!r} is not a field; send {expected}.", errors=[shown])
        if name in self.sizes:
            shown = FieldError(name, "sent twice", "Send the field once.")
            raise ServiceError(Code.INVALID_INPUT, f"{name} was sent twice.", errors=[shown])
        # The name is one of ours by now, so it may be a file's.
        self._part.stream = (self._folder / name).open("xb")

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        part.size += end - start
        if part.size > self._limits[part.name]:
            raise too_large(part.name, self._limits[part.name])
        if part.stream is not None:
            part.stream.write(data[start:end])
            part.digest.update(data[start:end])

    def _on_part_end(self) -> None:
        self.close()
        self._part.is_read = True
        self.sizes[self._part.name] = self._part.size
        self.digests[self._part.name] = self._part.digest.hexdigest()

    def _on_end(self) -> None:
        self.is_complete = True


def too_large(name: str, limit: int) -> ServiceError:
    """Return the refusal of a field that is larger than `limit` bytes."""
    allowed = f"up to {limit / 2**20:.4g} MiB" if limit >= 2**20 else f"up to {limit} bytes"
    shown = FieldError(name, f"more than {limit} bytes", f"The field is too large. Allowed: {allowed}.")
    context = {"field": name, "limit_bytes": limit}
    return ServiceError(
        Code.BODY_TOO_LARGE, f"{name} is too large; {allowed} are allowed.", context=context, errors=[shown]
    )


async def receive(request: Request, folder: Path, limits: Mapping[str, int]) -> Received:
    """Write the fields of the request's body into `folder`, one file each.

    Args:
        request: whose body is not read yet.
        folder: exists and is empty.
        limits: the fields that may be sent and the most bytes of each.

    Raises:
        ServiceError: the body is not multipart, is broken, too large, or has other fields.
    """
    most = sum(limits.values()) + _AROUND
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > most:
        raise too_large("body", most)
    came = 0
    reception = Reception(folder, _boundary(request), limits)
    try:
        async for chunk in request.stream():
            came += len(chunk)
            if came > most:  # after the last boundary anything may follow, for ever
                raise too_large("body", most)
            if chunk:
                await anyio.to_thread.run_sync(reception.write, chunk)
    finally:
        reception.close()
    if not reception.is_complete:
        raise ServiceError(
            Code.BAD_REQUEST, f"The multipart body ends before its last boundary, --{reception.boundary}--."
        )
    return Received(reception.sizes, reception.digests)


def _boundary(request: Request) -> bytes:
    content_type = request.headers.get("content-type", "")
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        sent = content_type[:100] or "nothing"
        raise ServiceError(
            Code.MEDIA_TYPE_UNSUPPORTED,
            f"Send multipart/form-data with a boundary; Content-Type was {sent}.",
            context={"accepted": ["multipart/form-data"]},
        )
    return boundary
