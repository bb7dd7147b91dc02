import contextlib
import threading

import pytest

from stack.native.logfile import LogFile, follow, tail


def test_log_is_rotated_by_size_and_the_oldest_dropped(tmp_path):
    log = LogFile(tmp_path / "api.log", max_bytes=10, keep=2)
    for number in range(5):
        log.write(f"line {number}\n".encode())
    log.close()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "api.log": "line 4\n",
        "api.log.1": "line 3\n",
        "api.log.2": "line 2\n",
    }


def test_full_disk_drops_output_and_counts_it(tmp_path):
    path = tmp_path / "api.log"
    path.symlink_to("/dev/full")
    log = LogFile(path)
    log.write(b"lost")
    log.close()
    assert log.dropped_bytes == 4


def test_log_goes_on_where_it_ended(tmp_path):
    for _ in range(2):
        log = LogFile(tmp_path / "api.log")
        log.write(b"started\n")
        log.close()
    assert tail(tmp_path / "api.log", 10) == ["started", "started"]


@pytest.mark.parametrize(("lines", "expected"), [(0, []), (1, ["c"]), (2, ["b", "c"]), (9, ["a", "b", "c"])])
def test_tail_gives_the_last_lines(tmp_path, lines, expected):
    (tmp_path / "api.log").write_text("a\nb\nc\n")
    assert tail(tmp_path / "api.log", lines) == expected


def test_tail_of_no_file_is_empty(tmp_path):
    assert tail(tmp_path / "none.log", 5) == []


def test_following_crosses_a_rotation(tmp_path):
    path = tmp_path / "api.log"
    log = LogFile(path, max_bytes=10)
    log.write(b"before\n")
    seen, enough = [], threading.Event()

    def read():
        with contextlib.closing(follow(path, poll_seconds=0.01)) as texts:
            for text in texts:
                seen.append(text)
                started.set()
                if "rotated" in text:
                    enough.set()
                    return

    started = threading.Event()
    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    while not started.wait(0.01):
        log.write(b"more\n")
    log.write(b"rotated\n")
    assert enough.wait(5)
    thread.join()
    log.close()
    assert "before" not in "".join(seen)
