from __future__ import annotations

import pytest

from app.generation.inputs import BadInput, check_prompt


def test_white_space_around_a_prompt_is_removed():
    assert check_prompt("  Say it\nwarmly. \n") == "Say it\nwarmly."


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        pytest.param("", "empty", id="empty"),
        pytest.param(" \n\t ", "empty", id="blank"),
        pytest.param("x" * 2001, "too long", id="too-long"),
        pytest.param("a\0b", "control character", id="nul"),
    ],
)
def test_bad_prompt_is_refused(prompt: str, message: str):
    with pytest.raises(BadInput, match=message) as caught:
        check_prompt(prompt)
    assert caught.value.field == "prompt"
