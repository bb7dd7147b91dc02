"""Why a drill did not end well."""

from __future__ import annotations

from collections.abc import Sequence


class DrillFailed(RuntimeError):  # noqa: N818  # reads as what happened
    """The alert did not do what it should; `parts` are those whose logs may say why."""

    def __init__(self, message: str, parts: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.parts = tuple(parts)
