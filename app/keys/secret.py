"""The text of a key: 256 random bits behind a prefix that people may read aloud and logs may show.

A key that was taken over from the environment has a form of its own and no such prefix.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Final

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PREFIX_LENGTH: Final = 8
_SECRET_LENGTH: Final = 43  # 62 ** 43 > 2 ** 256
_FOREIGN: Final = re.compile(r"(?![\"']?pv_)[\x21-\x7e]{20,200}")
_IN_TEXT: Final = re.compile(rf"(pv_[0-9A-Za-z]{{{_PREFIX_LENGTH}}})_[0-9A-Za-z]{{12,}}")
_FORM: Final = re.compile(rf"pv_([0-9A-Za-z]{{{_PREFIX_LENGTH}}})_[0-9A-Za-z]{{{_SECRET_LENGTH}}}")


@dataclass(frozen=True, slots=True)
class Secret:
    """A key in the clear; shown once, never stored, and absent from its own repr."""

    text: str

    def __repr__(self) -> str:
        return f"Secret(pv_{self.prefix}_…)" if self.prefix else "Secret(…)"

    @property
    def prefix(self) -> str:
        """The part that finds the key's row and may be shown; "" for a key that is none of ours."""
        return self.text[3 : 3 + _PREFIX_LENGTH] if self.text.startswith("pv_") else ""

    @property
    def hash(self) -> str:
        """SHA-256 of the key in hex; a slow hash adds nothing against 256 random bits."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def matches(self, stored_hash: str) -> bool:
        """Tell in constant time whether `stored_hash` is this key's."""
        return hmac.compare_digest(self.hash, stored_hash)


def mint() -> Secret:
    """Return a new key."""
    return Secret(f"pv_{_random(_PREFIX_LENGTH)}_{_random(_SECRET_LENGTH)}")


def parse(text: str) -> Secret | None:
    """Return `text` as a key, None when it does not have a key's form."""
    return Secret(text) if _FORM.fullmatch(text) else None


def masked(text: str) -> str:
    """Return `text` with the secret part of every key of ours in it left out."""
    return _IN_TEXT.sub(r"\1_…", text) if "pv_" in text else text


def parse_foreign(text: str) -> Secret | None:
    """Return `text` as a key that some other system made: 20 to 200 characters that a header can carry, else None."""
    return Secret(text) if _FOREIGN.fullmatch(text) else None


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
