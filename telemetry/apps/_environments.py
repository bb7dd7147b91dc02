"""Virtual environments of a project."""

import os
from pathlib import Path
from typing import Final

_USUAL: Final = (".venv", "venv", "env")


def environment_near(folder: Path) -> Path | None:
    """Return the Python of a virtual environment in `folder` or the one above; None when there is none."""
    for place in (folder, folder.parent):
        for name in _USUAL:
            python = place / name / "bin" / "python"
            if os.access(python, os.X_OK):
                return python
    return None
