"""Virtual environments of a project, and whether telemetry can run in one."""

import importlib
import os
import sys
from pathlib import Path
from typing import Final

from telemetry.apps._errors import AppUnusable

_USUAL: Final = (".venv", "venv", "env")
_NEEDED: Final = "telemetry.apps._serve"


def environment_near(folder: Path) -> Path | None:
    """Return the Python of a virtual environment in `folder` or the one above; None when there is none."""
    for place in (folder, folder.parent):
        for name in _USUAL:
            python = place / name / "bin" / "python"
            if os.access(python, os.X_OK):
                return python
    return None


def environment_with(module: str, folder: Path) -> str:
    """Return what to do so that an app in `folder` has `module`."""
    if near := environment_near(folder):
        return f"use the app's own environment, {near} (./plainview up --python)"
    package = module.partition(".")[0].replace("_", "-")
    if _is_of_the_stack():  # it is made anew from a lock, without what was added
        return (
            "make an environment with the app's packages (python3 -m venv .venv, .venv/bin/pip install ...) "
            "and start again with --python .venv/bin/python"
        )
    return f"install it: {sys.executable} -m pip install {package}, or use the Python that has it"


def _is_of_the_stack() -> bool:
    home = os.environ.get("PLAINVIEW_HOME", "")
    return bool(home) and Path(sys.prefix) == Path(home, "venv")


def check_interpreter() -> None:
    """Import what serving an app needs, in an interpreter whose packages are the app's.

    Raises:
        AppUnusable: a package is missing or of a version that does not fit.
    """
    try:
        importlib.import_module(_NEEDED)
    except Exception as error:
        source = Path(__file__).resolve().parents[2]
        package = str(source) if (source / "pyproject.toml").is_file() else "plainview"
        raise AppUnusable(
            f"{sys.executable} cannot run telemetry with the packages that it has: {type(error).__name__}: {error}",
            f"install telemetry with what it needs there: {sys.executable} -m pip install {package}",
        ) from error
