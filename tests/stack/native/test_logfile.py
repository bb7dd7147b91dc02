import contextlib

import pytest

from stack.native.logfile import Following, LogFile, tail


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
    log = LogFile(path, max_bytes=20)
    log.write(b"before\n")
    with contextlib.closing(Following(path)) as following:
        log.write(b"one\n")
        assert following.added() == ["one"]
        log.write(b"two is ")
        log.write(b"rotated\n")
        assert (tmp_path / "api.log.1").exists()
        assert following.added() == ["two is rotated"]
    log.close()


def test_rotation_that_fails_loses_nothing_and_is_tried_again(tmp_path):
    blocked = tmp_path / "api.log.1"
    (blocked / "in the way").mkdir(parents=True)
    log = LogFile(tmp_path / "api.log", max_bytes=10, keep=1)
    for number in range(3):
        log.write(f"line {number}\n".encode())
    assert (tmp_path / "api.log").read_text() == "line 0\nline 1\nline 2\n"
    (blocked / "in the way").rmdir()
    blocked.rmdir()
    log.write(b"line 3\n")
    assert (tmp_path / "api.log").read_text() == "line 3\n"
    assert blocked.read_text() == "line 0\nline 1\nline 2\n"
    log.close()


def test_log_whose_folder_is_gone_goes_on(tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    log = LogFile(folder / "api.log", max_bytes=10)
    (folder / "api.log").unlink()
    folder.rmdir()
    for number in range(5):
        log.write(f"line {number}\n".encode())
    assert log.recent(2) == ["line 3", "line 4"]
    log.close()


def test_recent_lines_are_those_of_this_start(tmp_path):
    (tmp_path / "api.log").write_text("from an earlier start\n")
    log = LogFile(tmp_path / "api.log")
    assert log.recent(5) == []
    log.write(b"a\nb\nc\n")
    assert log.recent(2) == ["b", "c"]
    log.close()
