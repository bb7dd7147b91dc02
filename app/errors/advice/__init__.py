"""What callers do about each code, a module per section of `app.errors.codes`."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from typing import Final

from app.errors.advice import access, budgets, jobs, keys, limits, queue, requests, service
from app.errors.advice._advice import Advice, Retry
from app.errors.codes import Code

#: Advice by code, in the order of the sections that pages show.
SECTIONS: Final[Mapping[str, Mapping[Code, Advice]]] = {
    "Access": access.ADVICE,
    "Requests": requests.ADVICE,
    "Jobs and results": jobs.ADVICE,
    "Budgets": budgets.ADVICE,
    "Limits": limits.ADVICE,
    "Keys": keys.ADVICE,
    "The queue": queue.ADVICE,
    "The service": service.ADVICE,
}

ADVICE: Final[Mapping[Code, Advice]] = ChainMap(*(dict(section) for section in SECTIONS.values()))

__all__ = ["ADVICE", "SECTIONS", "Advice", "Retry"]
