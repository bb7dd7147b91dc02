"""Kill one part of a working service after another and look whether anything is lost: `python -m tests.kill_matrix --rounds 20`.

Two api and two worker nodes over one PostgreSQL and one Redis, all real. Customers submit and look all the while; a call
that was cut off is made again under the same name. The notifier and the trace store are killed apart from them. The same
`--seed` kills at the same moments.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

from tests.kill_matrix.rounds import VICTIMS, arena
from tests.kill_matrix.watchers import notifier_round, tracestore_round

_WATCHERS = {"notifier": notifier_round, "tracestore": tracestore_round}


def main() -> int:
    """Play the rounds and return 1 when anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.kill_matrix", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="of each victim")
    parser.add_argument("--victims", nargs="+", choices=(*VICTIMS, *_WATCHERS), default=(*VICTIMS, *_WATCHERS))
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    rng = random.Random(chosen.seed)  # noqa: S311 - to be the same again
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="plainview-kills-") as name, arena(Path(name), rng) as playing:
        for number in range(1, chosen.rounds + 1):
            for victim in rng.sample(list(chosen.victims), len(chosen.victims)):
                watcher = _WATCHERS.get(victim)
                told = playing.round(victim) if watcher is None else watcher(Path(name), rng)
                wrong += bool(told.wrong)
                sys.stdout.write(f"{number:3} {told}\n")
                sys.stdout.flush()
    sys.stdout.write(f"{chosen.rounds * len(chosen.victims)} rounds, {wrong} with something wrong\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
