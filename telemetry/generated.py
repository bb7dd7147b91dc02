"""Pages that code writes of itself: one command that writes them, and says with `--check` whether they are current."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path


def run(module: str, page: Path, render: Callable[[], str], arguments: Sequence[str] | None = None) -> int:
    """Run the command `python -m module`, which writes `page`, and return its exit status: 1 when it is not current."""
    command = f"python -m {module}"
    parser = argparse.ArgumentParser(prog=command, description=f"Write {page.name} from what it tells of.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the page is not current")
    if not parser.parse_args(arguments).check:
        page.write_text(render(), encoding="utf-8")
        return 0
    if page.is_file() and page.read_text(encoding="utf-8") == render():
        return 0
    sys.stderr.write(f"{page} is not current: run `{command}`\n")
    return 1
