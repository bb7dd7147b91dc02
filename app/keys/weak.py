"""Keys that anybody could guess: short, of few different characters, or left as an example had them."""

from __future__ import annotations

import re
from typing import Final

from pydantic import SecretStr

from app.keys.secret import parse_foreign

_LEAST_DIFFERENT: Final = 8
_PLACEHOLDER: Final = re.compile(
    r"change.?(me|it|this)|replace.?(me|this)|placeholder|example|dummy|insert|your.?(own|api|secret|key|token)"
    r"|my.?(api|secret|key|token)|pass.?word|secret.?key|12345678|abcdefgh|qwerty|xxxx",
    re.IGNORECASE,
)


def strong(value: SecretStr | None) -> SecretStr | None:
    """Return the key of another system as it is; one that begins with `pv_` is our own and was made strong.

    Raises:
        ValueError: it can be guessed, or no header can carry it.
    """
    text = "" if value is None else value.get_secret_value()
    if value is None or text.startswith("pv_"):
        return value
    if parse_foreign(text) is None:
        raise ValueError("should be 20 to 200 letters, digits and signs without spaces")
    if len(set(text)) < _LEAST_DIFFERENT or _PLACEHOLDER.search(text):
        raise ValueError("can be guessed; should be random, such as the output of `openssl rand -hex 32`")
    return value
