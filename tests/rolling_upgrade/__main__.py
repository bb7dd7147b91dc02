"""Upgrade a cluster at work from an older revision to what is checked out here: `python -m tests.rolling_upgrade --from HEAD~50`.

Two api and two worker nodes over one PostgreSQL and one Redis, all real, behind something that sends callers to the nodes
that are ready. The new version migrates, the nodes are replaced one after the other, two are set back to the old version,
and forward again. Callers must not meet an error or a lost connection, and every accepted job must end once.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.rolling_upgrade.rolling import upgrading
from tests.rolling_upgrade.versions import ahead, older, this


def main() -> int:
    """Play the upgrade and return 1 when anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.rolling_upgrade", description=__doc__)
    parser.add_argument("--from", dest="revision", required=True, metavar="REVISION", help="of this repository")
    parser.add_argument("--migration", action="store_true", help="add a migration to the new version")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="plainview-upgrade-") as name:
        folder = Path(name)
        old = older(chosen.revision, folder / "old")
        new = ahead(folder / "new") if chosen.migration else this()
        with upgrading(folder / "cluster", old, new, _say) as upgrade:
            traffic, wrong = upgrade.play()
    answers = ", ".join(f"{count} {name}" for name, count in sorted(traffic.answers.items()))
    _say(f"{len(traffic.accepted)} jobs taken; {answers}; slowest answer {traffic.longest:.1f} s")
    for what, times in Counter(wrong).items():
        _say(f"WRONG, {times} x: {what}")
    _say("something wrong" if wrong else "nothing wrong")
    return 1 if wrong else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
