"""A result in an object store, as answers are made from it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Final

import obstore

from app.storage.failing import failing

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import S3Store

_CHUNK: Final = 256 * 1024


class ObjectSource:
    """Bytes of an object, fetched as they are sent on."""

    def __init__(self, store: S3Store, found: ObjectMeta) -> None:
        self._store = store
        self._path = found["path"]
        self.size: int = found["size"]
        self.etag = found["e_tag"] or f'"{found["size"]:x}-{found["last_modified"].timestamp():.0f}"'
        self.modified = found["last_modified"]

    async def chunks(self, start: int, stop: int) -> AsyncGenerator[bytes]:
        with failing():
            got = await obstore.get_async(self._store, self._path, options={"range": (start, stop)})
            async for chunk in got.stream(min_chunk_size=_CHUNK):
                yield bytes(chunk)
