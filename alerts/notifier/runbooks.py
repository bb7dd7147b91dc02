"""The first action of an alert's runbook."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).parent.parent / "runbooks"
_NAME: Final = re.compile(r"[A-Za-z0-9_]+")
_FIRST_ACTION: Final = re.compile(r"^[*_]{0,2}First action:[*_]{0,2}\s*(.+?)\s*$", re.MULTILINE)

_AUTOLINK: Final = re.compile(r"<(https?://[^>\s]+)>")


def first_action(alert: str, folder: Path = _FOLDER) -> str:
    """Return what the runbook of `alert` says to do first, "" without a runbook or such a line."""
    if not _NAME.fullmatch(alert):
        return ""
    try:
        text = (folder / f"{alert}.md").read_text(encoding="utf-8")
    except OSError:
        return ""
    found = _FIRST_ACTION.search(text)
    return _AUTOLINK.sub(r"\1", found[1]) if found else ""
