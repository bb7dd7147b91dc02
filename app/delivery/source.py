"""Where delivered bytes come from."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol, Self

import anyio
import anyio.to_thread

_CHUNK: Final = 256 * 1024


class Source(Protocol):
    """Bytes that do not change as long as `etag` is the same."""

    @property
    def size(self) -> int:
        """How many there are."""

    @property
    def etag(self) -> str:
        """A strong entity tag, in its quotes."""

    @property
    def modified(self) -> datetime:
        """When they were written."""

    def chunks(self, start: int, stop: int) -> AsyncGenerator[bytes]:
        """Yield the bytes from `start` up to but not including `stop`, where 0 <= start < stop <= size."""


class FileSource:
    """A file that is replaced, never written to."""

    def __init__(self, path: Path, size: int, modified_ns: int) -> None:
        self._path = path
        self.size = size
        self.etag = f'"{size:x}-{modified_ns:x}"'
        self.modified = datetime.fromtimestamp(modified_ns // 1_000_000_000, UTC)

    @classmethod
    async def find(cls, path: Path) -> Self | None:
        """Return the file at `path`, None when there is none."""
        try:
            found = await anyio.to_thread.run_sync(path.stat)
        except FileNotFoundError:
            return None
        return cls(path, found.st_size, found.st_mtime_ns)

    async def chunks(self, start: int, stop: int) -> AsyncGenerator[bytes]:
        async with await anyio.open_file(self._path, "rb") as stream:
            await stream.seek(start)
            left = stop - start
            while left and (chunk := await stream.read(min(_CHUNK, left))):
                left -= len(chunk)
                yield chunk
