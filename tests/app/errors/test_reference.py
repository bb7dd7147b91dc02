from __future__ import annotations

import pytest

from app.errors import Code
from app.errors.advice import ADVICE, SECTIONS
from app.errors.documented import Problem, example


def test_every_code_has_advice_in_one_section() -> None:
    advised = [code for section in SECTIONS.values() for code in section]
    assert [code.code for code in Code if code not in ADVICE] == [], "say what to do about it in app/errors/advice"
    assert len(advised) == len(set(advised)) == len(Code) >= 30


@pytest.mark.parametrize("code", Code, ids=lambda code: code.code)
def test_example_has_the_documented_shape(code: Code) -> None:
    assert Problem.model_validate(example(code)).status == code.status
