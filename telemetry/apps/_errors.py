"""What is wrong with an app, in words for its author."""

from typing import Final

UNUSABLE: Final = 2
"""The exit status of a process whose app cannot be served; what it wrote says why."""


class AppUnusable(RuntimeError):  # noqa: N818 - reads as what happened
    """An app that cannot be served.

    Attributes:
        what: what is wrong, with the traceback where the app's own code failed.
        cure: what to do about it.
    """

    def __init__(self, what: str, cure: str) -> None:
        super().__init__(f"{what}\nWhat to do: {cure}")
        self.what = what
        self.cure = cure
