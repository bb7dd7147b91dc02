from __future__ import annotations


class BadInput(ValueError):  # noqa: N818 - reads as what it is where it is caught
    """One field of a request that cannot be used.

    Attributes:
        field: name of the form field (`image`, `audio`, `prompt`).
        value: what was found, described in a few words; never the content itself.
        message: what is wrong with it.
        allowed: what would be accepted.
    """

    def __init__(self, field: str, value: str, message: str, allowed: str) -> None:
        self.field = field
        self.value = value
        self.message = message
        self.allowed = allowed
        super().__init__(field, value, message, allowed)

    def __str__(self) -> str:
        return f"{self.field}: {self.message} (found {self.value}; allowed: {self.allowed})"
