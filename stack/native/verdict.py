"""Say why a part does not run, in words that lead to the cure."""

import signal
from collections.abc import Sequence
from pathlib import Path

LINES = 12
CURES = (
    ("No space left on device", "the disk is full: free some space (./plainview doctor shows how much there is)"),
    ("database or disk is full", "the disk is full: free some space (./plainview doctor shows how much there is)"),
    ("ddress already in use", "another process took its port: ./plainview doctor names it"),
    ("ermission denied", "a file is not readable or writable for this user: the line above names it"),
    ("Read-only file system", "the folder cannot be written: set PLAINVIEW_HOME to another one"),
    ("ModuleNotFoundError", "the environment is incomplete: remove .plainview/venv and start again"),
    ("Cannot allocate memory", "there is too little memory: ./plainview doctor shows how much there is"),
    ("opened storage: lock DB directory", "another Prometheus uses the same data folder: stop it"),
)
CORRECT = "correct the setting that its last line names, then start again"
OUT_OF_MEMORY = "something killed it, perhaps for memory: ./plainview doctor shows how much there is"


def ending(code: int) -> str:
    """Return how a process ended: "exit code 1" or "killed by SIGKILL"."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


def explain(  # noqa: PLR0913 - the facts of one end
    what: str, part: str, log: Path, lines: Sequence[str], *, code: int | None = None, wrong_settings: bool = False
) -> str:
    """Return `what` happened with the last lines that the part wrote and what to do about it."""
    shown = [f"  | {line}" for line in lines] or ["  | (it wrote nothing)"]
    cure = CORRECT if wrong_settings else _cure(part, lines, code)
    return "\n".join([what, f"Its last lines, all in {log}:", *shown, f"What to do: {cure}"])


def _cure(part: str, lines: Sequence[str], code: int | None) -> str:
    text = "\n".join(lines)
    for sign, cure in CURES:
        if sign in text:
            return cure
    if code == -signal.SIGKILL:
        return OUT_OF_MEMORY
    return f"read its whole log with ./plainview logs {part}, then start again"
