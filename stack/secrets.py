"""Secrets of the stack, made at first start; none has a default and none is ever printed.

`ensure(folder)` serves the native stack. `python -m stack.secrets ROOT` is the one-shot of
docker-compose.yml: it fills one folder per consumer, each of which is a volume that only its
consumer mounts, so a container sees its own secrets and no others.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

NATIVE: Final = ("console_token", "metrics_token", "notifier_token")

# Secret -> the consumers that read it; the same value is written for each of them.
COMPOSE: Final[Mapping[str, tuple[str, ...]]] = {
    "console_token": ("console",),
    "metrics_token": ("console", "notifier", "prometheus", "service"),
    "notifier_token": ("alertmanager", "console", "notifier"),
    "postgres_password": ("postgres", "service"),
    "redis_password": ("service",),
    "grafana_admin_password": ("grafana",),
}

#: Consumers that run our own image, whose user the files belong to. The others run under users of their own images, so
#: that everybody within their containers may read theirs; nobody else mounts the volume.
OURS: Final = frozenset({"console", "notifier", "service"})


def ensure(folder: Path) -> dict[str, Path]:
    """Return the path of each native secret in `folder`, making those that are missing.

    The folder is 0700 and each file 0600. An existing secret is kept, an empty file is refilled.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    return {name: _ensure_file(folder / name, mode=0o600) for name in NATIVE}


def ensure_for_consumers(root: Path) -> None:
    """Write each secret of `COMPOSE` into `root/<consumer>/<secret>` for all its consumers, for Redis its digest."""
    for name, consumers in COMPOSE.items():
        files = [root / consumer / name for consumer in consumers]
        value = next((file.read_text() for file in files if file.exists() and file.stat().st_size), None)
        for file in files:
            mode = 0o400 if file.parent.name in OURS else 0o444
            _ensure_file(file, mode=mode, value=value or (value := secrets.token_urlsafe(32)))
    digest = hashlib.sha256((root / "service/redis_password").read_bytes()).hexdigest()
    write(root / "redis/users.acl", f"user default on #{digest} ~* &* +@all\n", mode=0o444)


def write(file: Path, value: str, *, mode: int = 0o600) -> Path:
    """Put a secret into a file in one step: nobody reads half of it, or reads it who may not."""
    part = file.with_name(f".{file.name}.{os.getpid()}")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(value)
    part.chmod(mode)
    part.replace(file)
    return file


def _ensure_file(file: Path, *, mode: int, value: str | None = None) -> Path:
    if not file.exists() or file.stat().st_size == 0:
        write(file, value or secrets.token_urlsafe(32), mode=mode)
    elif stat.S_IMODE(file.stat().st_mode) != mode:
        file.chmod(mode)
    return file


if __name__ == "__main__":
    if len(sys.argv) != 2:  # noqa: PLR2004
        sys.exit("usage: python -m stack.secrets FOLDER (one folder per consumer below it)")
    ensure_for_consumers(Path(sys.argv[1]))
