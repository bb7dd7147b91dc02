import pytest

from stack.native.verdict import ending, explain


@pytest.mark.parametrize(
    ("code", "words"), [(0, "exit code 0"), (3, "exit code 3"), (-9, "killed by SIGKILL"), (-70, "killed by signal 70")]
)
def test_ending_is_said_in_words(code, words):
    assert ending(code) == words


@pytest.mark.parametrize(
    ("line", "cure"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("OSError: [Errno 98] Address already in use", "another process took its port"),
        ("ModuleNotFoundError: No module named 'cv2'", "remove .plainview/venv"),
        ("PermissionError: [Errno 13] Permission denied: '/data'", "not readable or writable"),
        ("ValueError: odd", "./plainview logs worker"),
    ],
)
def test_last_lines_lead_to_the_cure(tmp_path, line, cure):
    text = explain("worker keeps ending.", "worker", tmp_path / "worker.log", ["starting", line], code=1)
    assert text.startswith("worker keeps ending.\n")
    assert f"  | {line}" in text
    assert cure in text.splitlines()[-1]


def test_kill_from_outside_suggests_memory(tmp_path):
    assert "memory" in explain("worker ended.", "worker", tmp_path / "worker.log", [], code=-9)


def test_wrong_setting_leads_to_its_correction(tmp_path):
    lines = ["PLAINVIEW_PORT='many' is not allowed"]
    assert "correct the setting" in explain(
        "api ended.", "api", tmp_path / "api.log", lines, code=2, wrong_settings=True
    )
