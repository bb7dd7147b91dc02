"""What the documentation says about a code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Retry(Enum):
    """Whether it helps to send the same request again."""

    NO = "No. The same request gets the same answer."
    LATER = "Yes: after `Retry-After` where it is sent, else with growing pauses."
    AFTERWARDS = "Yes, once what it waits for has happened."


@dataclass(frozen=True, slots=True)
class Advice:
    """When a code is answered and what the caller does about it.

    Attributes:
        when: what happened, in one sentence.
        action: what to do.
        retry: whether to send the request again.
        detail: an example's `detail`.
        context: an example's `context`.
    """

    when: str
    action: str
    retry: Retry
    detail: str
    context: Mapping[str, Any] = field(default_factory=dict)
