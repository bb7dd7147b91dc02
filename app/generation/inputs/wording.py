"""How figures are written in messages to customers."""

from __future__ import annotations


def mebibytes(size: int) -> str:
    return f"{size / 2**20:.4g} MiB"


def length(seconds: float) -> str:
    """Return a duration as a person would say it: `4.2 s`, `12 min 5 s`, `2 h 0 min`."""
    if seconds < 120:  # noqa: PLR2004 - two minutes still read well in seconds
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"  # noqa: PLR2004
