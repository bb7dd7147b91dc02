"""Secrets that are none: left as an example had them, too short, or in a file that others may read."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SHORTEST: Final = 8
_WORDS: Final = frozenset(
    [
        "admin",
        "changeme",
        "changeit",
        "default",
        "dummy",
        "example",
        "foobar",
        "guest",
        "letmein",
        "none",
        "null",
        "passw0rd",
        "passwd",
        "password",
        "placeholder",
        "plainview",
        "postgres",
        "qwerty",
        "redis",
        "replaceme",
        "root",
        "sample",
        "secret",
        "test",
        "todo",
        "token",
        "welcome",
        "xxx",
    ]
)
#: What makes a value a placeholder wherever it stands in it, as a word of its own.
_TELLTALE: Final = re.compile(
    r"(?<![a-z])(change[-_ ]?(me|it)|replace[-_ ]?me|your[-_ ]?(password|secret|token|key)|example|placeholder|todo)(?![a-z])"
)


def weakness(secret: str) -> str | None:
    """Return why a value cannot be a secret, in words that do not hold it; None when nothing speaks against it."""
    plain = secret.strip().lower()
    word = re.sub(r"[^a-z0-9]", "", plain)
    if word.rstrip("0123456789") in _WORDS or word in _WORDS or _TELLTALE.search(plain):
        return "is a placeholder"
    if len(plain) < _SHORTEST:
        return f"has fewer than {_SHORTEST} characters"
    if len(set(plain)) <= 2:  # noqa: PLR2004 - aaaaaaaa, abababab
        return "is the same character again and again"
    return None


@dataclass(frozen=True, slots=True)
class Exposure:
    """A file with a secret that others may read.

    Attributes:
        what: who they are, and what to do.
        is_ours: whether this process's user could close it. What an orchestrator mounts belongs to somebody else, or
            cannot be written: who may read it is decided elsewhere.
    """

    what: str
    is_ours: bool


def exposure(path: Path) -> Exposure | None:
    """Return who else may read a file with a secret; None when nobody may, or that cannot be told."""
    try:
        facts = path.stat()
        writable = not os.statvfs(path).f_flag & os.ST_RDONLY
    except OSError:
        return None
    mode = stat.S_IMODE(facts.st_mode)
    owned = facts.st_uid == os.geteuid()
    by_group = mode & 0o060 and owned  # else its group is how this process may read it
    if not mode & 0o007 and not by_group:
        return None
    who = "everybody on this host" if mode & 0o007 else "its group"
    what = f"has mode {mode:04o}, so that {who} may read it (chmod 600 it)"
    return Exposure(what, is_ours=owned and writable)
