"""The start of a process is told by the system, whatever the process is called."""

import os
import time
from pathlib import Path

from app.jobs.process_start import began
from app.ledger.timeline import NANO


def test_this_process_began_before_this_test_and_after_the_boot() -> None:
    now = time.monotonic_ns()
    assert now - time.clock_gettime_ns(time.CLOCK_BOOTTIME) <= began() < now


def test_name_with_brackets_and_spaces_is_no_field(tmp_path: Path) -> None:
    ticks = (time.clock_gettime_ns(time.CLOCK_BOOTTIME) - 5 * NANO) * os.sysconf("SC_CLK_TCK") // NANO
    stat = tmp_path / "stat"
    stat.write_text(f"7 (a ) b 1) S {' '.join(['0'] * 18)} {ticks} 0 0\n", encoding="utf-8")
    assert abs(time.monotonic_ns() - began(stat) - 5 * NANO) < NANO // 10


def test_start_that_is_not_told_is_now(tmp_path: Path) -> None:
    assert time.monotonic_ns() - began(tmp_path / "missing") < NANO // 10
