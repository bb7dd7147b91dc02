from __future__ import annotations

from pathlib import Path

import pytest

from telemetry.generated import run


def test_written_page_is_current_and_byte_identical(tmp_path: Path) -> None:
    page = tmp_path / "PAGE.md"
    assert run("a.reference", page, lambda: "# Ä\n", []) == 0
    assert page.read_bytes() == "# Ä\n".encode()
    assert run("a.reference", page, lambda: "# Ä\n", ["--check"]) == 0


@pytest.mark.parametrize("written", [None, "old"])
def test_stale_page_is_refused_with_the_command_and_left_alone(
    written: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "PAGE.md"
    if written is not None:
        page.write_text(written)
    assert run("a.reference", page, lambda: "new", ["--check"]) == 1
    assert capsys.readouterr().err == f"{page} is not current: run `python -m a.reference`\n"
    assert (page.read_text() if page.exists() else None) == written


def test_command_explains_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run("a.reference", tmp_path / "PAGE.md", str, ["--help"])
    assert left.value.code == 0
    assert "--check" in capsys.readouterr().out
