"""Which licence each package has, and which are allowed."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from stack.sbom.lock import Package

#: Package and SPDX expression, read from the packages themselves once; a test holds it to those that are installed.
TABLE: Final = Path(__file__).with_name("licences.csv")

#: What may be in an expression. They ask for their text to be kept, no more; and these two for a little:
#: MPL-2.0 (certifi) that changes to its files are published, LGPL-3.0 (psycopg) that it can be replaced by another
#: version, which a Python package always can.
ALLOWED: Final = frozenset(
    {
        "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "LGPL-3.0-only", "MIT", "MIT-CMU", "MPL-2.0",
        "PSF-2.0", "Zlib",
    }
)  # fmt: skip


def licences() -> dict[str, str]:
    """Return the licence of each package by its name."""
    with TABLE.open(encoding="utf-8", newline="") as stream:
        return {row["package"]: row["licence"] for row in csv.DictReader(stream)}


def faults(found: Iterable[Package]) -> Iterator[str]:
    """Yield a line for each package whose licence is not known or not allowed."""
    known = licences()
    for name in sorted({package.name for package in found}):
        if name not in known:
            yield f"{name}: its licence is not in {TABLE.name}; look it up and add it."
        elif strange := sorted(set(re.split(r" AND | OR | WITH |[()]", known[name])) - ALLOWED - {""}):
            yield f"{name}: {', '.join(strange)} is not among the allowed licences: {', '.join(sorted(ALLOWED))}."
