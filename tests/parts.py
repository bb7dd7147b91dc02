"""Parts that tests need: where one is missing, that is a failure in CI and a skip, with its reason, on a user's machine."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

from tests.fakenvml import fakenvml


def missing(what: str) -> NoReturn:
    """End the test that cannot do without, and say `what` to install."""
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(f"{what}, and CI={os.environ['CI']}")
    pytest.skip(what)


def nvml_library() -> Path:
    """Return the fake NVML library, compiled."""
    if not shutil.which(os.environ.get("CC", "gcc")):
        missing("the fake NVML library needs a C compiler: apt-get install gcc libc6-dev")
    return fakenvml.build()
