"""`python -m stack.sbom` prints the bill of materials (CycloneDX 1.6, JSON); `--check` says whether all licences are allowed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from stack.sbom.bill import RUNTIME, bill
from stack.sbom.licences import faults
from stack.sbom.lock import packages


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the bill, or check; return 1 when a licence is not known or not allowed."""
    parser = argparse.ArgumentParser(prog="python -m stack.sbom", description=__doc__)
    parser.add_argument("--check", action="store_true", help="print nothing but what is wrong with licences")
    check: bool = parser.parse_args(arguments).check
    found = list(faults(packages(RUNTIME)))
    for fault in found:
        sys.stderr.write(f"{fault}\n")
    if not found and not check:
        sys.stdout.write(bill())
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
