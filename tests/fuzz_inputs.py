"""Mutated pictures and sounds against the input checks: `python -m tests.fuzz_inputs --cases 10000`.

With `--url` and `--key` the mutants are submitted to a service that runs; without, they go to the checks and decoders as
the service calls them. Any way, a file may be accepted or refused, and nothing else: no crash, no 5xx, no bound passed.
The same `--seed` makes the same mutants.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import httpx

from app.generation.confined import DECODE, Examiner, examining
from app.generation.inputs import BadInput
from app.generation.portrait.canvas import read_picture
from app.generation.portrait.sound import decode
from tests.mutants import mutants, seeds

_RATE = 48_000
REFUSED_OR_ACCEPTED = frozenset({202, 400, 413, 415, 422})


@dataclass
class Tally:
    """What became of the mutants; `slowest` in seconds, the others in bytes and seconds of CPU time."""

    verdicts: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    most_memory: int = 0
    most_cpu: float = 0.0
    bad: list[str] = field(default_factory=list)

    def note(self, said: Mapping[str, Any]) -> None:
        self.most_memory = max(self.most_memory, int(said.get("peak_bytes", 0)))
        self.most_cpu = max(self.most_cpu, float(said.get("cpu_seconds", 0.0)))
        if said.get("ended") != 0:
            self.verdicts["reader ended by its bounds or by the file"] += 1


def examine(cases: int, seed: int) -> Tally:
    """Hand the mutants to the checks, and what passes to the decoders."""
    tally = Tally()
    good = {kind: next(iter(files.values())) for kind, files in seeds().items()}
    local = threading.local()
    with tempfile.TemporaryDirectory() as name, examining(2, tally.note) as examiner, ThreadPoolExecutor(2) as pool:

        def one(case: tuple[int, str, str, bytes]) -> None:
            number, kind, form, content = case
            folder = Path(name) / str(threading.get_ident())
            if not hasattr(local, "ready"):
                local.ready = True
                folder.mkdir()
            paths = {field_: folder / field_ for field_ in good}
            for field_, path in paths.items():
                path.write_bytes(content if field_ == kind else good[field_])
            began = time.monotonic()
            verdict = _verdict(examiner, paths["image"], paths["audio"], kind)
            tally.slowest = max(tally.slowest, time.monotonic() - began)
            tally.verdicts[verdict] += 1
            if verdict.startswith("FAILED"):
                tally.bad.append(f"case {number} ({form}): {verdict}")

        waiting = mutants(cases, seed)
        while some := list(islice(waiting, 100)):  # the pool would take all of them at once
            deque(pool.map(one, some), 0)
    if tally.slowest > DECODE.seconds:
        tally.bad.append(f"the slowest took {tally.slowest:.1f} s")
    return tally


def _verdict(examiner: Examiner, image: Path, audio: Path, kind: str) -> str:
    try:
        examiner.check(image, audio)
    except BadInput as error:
        return "refused by the check" if error.field == kind else f"FAILED: {error.field} was blamed for {kind}"
    except Exception as error:  # noqa: BLE001 - counted, whatever it is
        return f"FAILED: {type(error).__name__}: {error}"
    try:
        examiner.decode(image, audio)
    except BadInput as error:
        return "refused by the decoder" if error.field == kind else f"FAILED: {error.field} was blamed for {kind}"
    except Exception as error:  # noqa: BLE001
        return f"FAILED: {type(error).__name__}: {error}"
    # What passed is read once more, in this process, as the generator does.
    try:
        read_picture(image)
        deque(decode(audio, _RATE), 0)
    except BadInput:
        return "refused by the generator"
    return "decoded"


def submit(cases: int, seed: int, url: str, key: str) -> Tally:
    """Submit the mutants to a service that runs."""
    tally = Tally()
    headers = {"Authorization": f"Bearer {key}", "Cache-Control": "no-store"}
    good = {kind: next(iter(files.values())) for kind, files in seeds().items()}
    with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
        for number, kind, form, content in mutants(cases, seed):
            files: dict[str, tuple[str | None, bytes]] = {name: (name, whole) for name, whole in good.items()}
            began = time.monotonic()
            answer = client.post("/generate", files=files | {kind: (form, content), "prompt": (None, b"fuzz")})
            tally.slowest = max(tally.slowest, time.monotonic() - began)
            tally.verdicts[str(answer.status_code)] += 1
            if answer.status_code not in REFUSED_OR_ACCEPTED:
                tally.bad.append(f"case {number} ({form}): {answer.status_code} {answer.text[:200]}")
    return tally


def main() -> int:
    """Run from the command line; the status is 1 when something happened that must not."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz_inputs", description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--url")
    parser.add_argument("--key")
    asked = parser.parse_args()
    began = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tally = submit(asked.cases, asked.seed, asked.url, asked.key) if asked.url else examine(asked.cases, asked.seed)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    lines = [f"{asked.cases} cases in {time.monotonic() - began:.0f} s; this process grew by {grown // 1024} MiB"]
    lines += [f"{count:7} {verdict}" for verdict, count in tally.verdicts.most_common()]
    lines += [f"slowest {tally.slowest:.2f} s"]
    if not asked.url:
        lines += [f"most CPU {tally.most_cpu:.2f} s, most memory {tally.most_memory / 2**20:.0f} MiB, by one file"]
    lines += [f"BAD {line}" for line in tally.bad]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if tally.bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
