"""The packages of a lock file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PIN: Final = re.compile(
    r"(?P<name>[a-z0-9.\-]+)(\[[a-z,]+\])?==(?P<version>[^\s;\\]+)(\s*;\s*(?P<marker>[^\\]+?))?\s*\\?$"
)
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")


class LockUnreadable(ValueError):  # noqa: N818 - says what happened
    """A line of a lock that is neither a pin nor a hash."""


@dataclass(frozen=True, slots=True)
class Package:
    """One pin: `hashes` are those of all files that may be installed for it, `marker` says where it is wanted."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]


def packages(lock: Path) -> list[Package]:
    """Return the pins of a lock in its order.

    Raises:
        LockUnreadable: names the line.
    """
    return [_package(block) for block in _blocks(lock)]


def _blocks(lock: Path) -> Iterator[str]:
    yield from re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8").strip())


def _package(block: str) -> Package:
    pin = _PIN.match(block.partition("\n")[0])
    hashes = tuple(sorted(_HASH.findall(block)))
    if pin is None or not hashes:
        raise LockUnreadable(f"{block.partition(chr(10))[0]!r} is no pin with hashes")
    return Package(pin["name"], pin["version"], pin["marker"] or "", hashes)
