"""What a submit's headers say about repeats."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.errors import Code, FieldError, ServiceError

_KEY: Final = re.compile(r"[\x21-\x7e]{1,200}")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the client wants.

    Attributes:
        idempotency_key: names this submit, so that a repetition of it is the same job.
        may_be_shared: whether the result of an identical job will do.
        may_share: whether identical jobs may have this one's result.
    """

    idempotency_key: str | None = None
    may_be_shared: bool = True
    may_share: bool = True


def wishes(headers: Mapping[str, str]) -> Wishes:
    """Read them from a request's headers.

    Raises:
        ServiceError: the Idempotency-Key is not one.
    """
    key = headers.get("idempotency-key")
    if key is not None and _KEY.fullmatch(key) is None:
        message = "should be 1 to 200 visible ASCII characters without spaces, such as a UUID"
        shown = FieldError("Idempotency-Key", f"{len(key)} characters", message)
        raise ServiceError(Code.INVALID_INPUT, f"The header Idempotency-Key {message}.", errors=[shown])
    asked = {each.strip().lower() for each in headers.get("cache-control", "").split(",")}
    return Wishes(key, may_be_shared=not asked & {"no-cache", "no-store"}, may_share="no-store" not in asked)
