from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import Code, reference
from app.errors.advice import ADVICE, SECTIONS
from app.errors.documented import Problem, example


def test_page_is_current() -> None:
    assert reference.main(["--check"]) == 0, "run `python -m app.errors.reference`"


def test_stale_page_is_refused_with_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "ERRORS.md"
    assert reference.main(["--check"], page) == 1
    reference.main([], page)
    assert reference.main(["--check"], page) == 0
    assert "python -m app.errors.reference" in capsys.readouterr().err


def test_every_code_has_advice_in_one_section() -> None:
    advised = [code for section in SECTIONS.values() for code in section]
    assert [code.code for code in Code if code not in ADVICE] == [], "say what to do about it in app/errors/advice"
    assert len(advised) == len(set(advised)) == len(Code) >= 30


@pytest.mark.parametrize("code", Code, ids=lambda code: code.code)
def test_example_has_the_documented_shape(code: Code) -> None:
    assert Problem.model_validate(example(code)).status == code.status
