"""Lists in pages: newest first, by a cursor that stays where it is whatever is added meanwhile.

A cursor is the place of the last item that was shown: its moment and its id, which tells apart what was made at the same
moment. Callers get it as text to hand back, and should not look into it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Self
from urllib.parse import urlencode

from fastapi import Response
from pydantic import AfterValidator, Field
from sqlalchemy import ColumnElement, Select, literal, tuple_

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Place:
    """Where one page ended."""

    moment: datetime
    id: str

    def cursor(self) -> str:
        """Return the place as text that URLs can hold."""
        text = f"{(self.moment - _EPOCH) // _MICROSECOND}:{self.id}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def of(cls, cursor: str) -> Self:
        """Return the place that `cursor` tells; raises `ValueError` when it tells none."""
        try:
            text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
            microseconds, _, name = text.partition(":")
            moment = _EPOCH + int(microseconds) * _MICROSECOND
        except (binascii.Error, ValueError, OverflowError) as error:
            raise ValueError("should be a cursor as an earlier page gave it") from error
        if not name.isprintable() or not name:
            raise ValueError("should be a cursor as an earlier page gave it")
        return cls(moment, name)


def _checked(cursor: str) -> str:
    Place.of(cursor)
    return cursor


Cursor = Annotated[
    str,
    Field(max_length=_LONGEST, description="Where the page begins: `next_cursor` of the one before."),
    AfterValidator(_checked),
]
Limit = Annotated[int, Field(ge=1, le=1000, description="Most items in one answer.")]


def newest_first(
    query: Select[Any], moment: ColumnElement[datetime], name: ColumnElement[str], after: str | None, limit: int
) -> Select[Any]:
    """Return `query` for one page and one row more, which says whether there is another page."""
    if after is not None:
        place = Place.of(after)
        query = query.where(tuple_(moment, name) < tuple_(literal(place.moment, moment.type), literal(place.id)))
    return query.order_by(moment.desc(), name.desc()).limit(limit + 1)


def oldest_first(
    query: Select[Any], moment: ColumnElement[datetime], name: ColumnElement[str], after: Place | None, limit: int
) -> Select[Any]:
    """Return `query` for what comes after a place, for who goes through all of it bit by bit."""
    if after is not None:
        query = query.where(tuple_(moment, name) > tuple_(literal(after.moment, moment.type), literal(after.id)))
    return query.order_by(moment, name).limit(limit)


def link_next(response: Response, url: str, query: Mapping[str, object], cursor: str | None) -> str | None:
    """Return the address of the next page, None after the last one, and name it in the `Link` header (RFC 8288)."""
    if cursor is None:
        return None
    given = {name: str(value) for name, value in query.items() if value is not None}
    address = f"{url}?{urlencode(given | {'cursor': cursor})}"
    response.headers["Link"] = f'<{address}>; rel="next"'
    return address
