"""The version of what is installed."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Final


def _version() -> str:
    try:
        return version("plainview")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "0.1.0"


VERSION: Final = _version()
