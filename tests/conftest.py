"""What every room's tests share: the real programs, found or installed as `./plainview up` does it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from stack.native import programs
from stack.paths import Home


@pytest.fixture(scope="session")
def program() -> Callable[[str], Path]:
    """Return a function from a program's name to its path; missing fails in CI and skips elsewhere."""

    def find(name: str) -> Path:
        try:
            return programs.find(name, Home.default().root)
        except programs.ProgramMissing as missing:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(str(missing))

    return find


@pytest.fixture(scope="session")
def promtool(program: Callable[[str], Path]) -> Path:
    return program("promtool")


@pytest.fixture(scope="session")
def amtool(program: Callable[[str], Path]) -> Path:
    return program("amtool")
