import os
import subprocess
import sys

import pytest

from stack.native import processes


@pytest.fixture
def proc(tmp_path):
    """A /proc with one process, 42, whose name has a bracket and which listens on port 8000."""
    process = tmp_path / "42"
    (process / "fd").mkdir(parents=True)
    (process / "fd" / "3").symlink_to("socket:[777]")
    (process / "stat").write_text("42 (a) name) S " + " ".join(map(str, range(1, 19))) + " 9876 0 0")
    (process / "status").write_text("Name:\ta\nVmRSS:\t    2048 kB\n")
    (process / "cmdline").write_bytes(b"python\0-m\0server\0")
    net = tmp_path / "net"
    net.mkdir()
    (net / "tcp").write_text(
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
        "   0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 777 1\n"
        "   1: 0100007F:1F41 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 778 1\n"
    )
    return tmp_path


def test_facts_are_read(proc):
    assert processes.start_time(42, proc) == 9876
    assert processes.resident_bytes(42, proc) == 2048 * 1024
    assert processes.holder(8000, proc) == processes.Holder(42, "python -m server")


def test_connected_port_is_not_a_listening_one(proc):
    assert processes.holder(8001, proc) is None


def test_absent_process_is_none(proc):
    assert processes.start_time(43, proc) is None
    assert processes.resident_bytes(43, proc) is None
    assert not processes.same(43, 9876, proc)


def test_reused_pid_is_another_process(proc):
    assert processes.same(42, 9876, proc)
    assert not processes.same(42, 9875, proc)


def test_zombie_is_not_running():
    process = subprocess.Popen([sys.executable, "-S", "-c", ""])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert processes.start_time(process.pid) is None
    process.wait()
