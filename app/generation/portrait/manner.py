"""What a prompt can ask for: how lively the portrait moves. Other words change nothing but the video's comment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_WORDS: Final = {
    0.5: ("calm", "calmly", "quiet", "quietly", "serious", "seriously", "still", "relaxed", "gentle", "gently"),
    1.3: ("lively", "cheerful", "cheerfully", "friendly", "happy", "happily", "warm", "warmly"),
    1.6: ("excited", "excitedly", "enthusiastic", "energetic", "angry", "angrily", "dramatic", "dramatically"),
}
_SCALES: Final = {word: scale for scale, words in _WORDS.items() for word in words}


@dataclass(frozen=True, slots=True)
class Manner:
    """Factors on the usual motion.

    Attributes:
        head: on sway, nod and turn.
        mouth: on how far the jaw opens.
    """

    head: float = 1.0
    mouth: float = 1.0


def manner(prompt: str) -> Manner:
    """Return the manner that the words of `prompt` ask for, their mean if there are several."""
    scales = [_SCALES[word] for word in re.findall(r"[a-z]+", prompt.lower()) if word in _SCALES]
    if not scales:
        return Manner()
    head = sum(scales) / len(scales)
    return Manner(head=head, mouth=1 + (head - 1) / 3)
