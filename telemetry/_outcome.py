"""How a piece of work ended, from what left it."""

from typing import Literal

Outcome = Literal["succeeded", "failed", "cancelled"]

_CANCELLED = ("Cancelled", "CancelledError", "GeneratorExit")


def outcome_of(error: BaseException | None) -> Outcome:
    """Tell a cancellation from a failure by the name of the exception: an app's own `Cancelled` counts as one."""
    if error is None:
        return "succeeded"
    return "cancelled" if type(error).__name__ in _CANCELLED else "failed"


def error_type_of(error: BaseException | None) -> str:
    """Return the class of the exception, nothing where there was none: an empty label is none."""
    return "" if error is None else type(error).__qualname__
