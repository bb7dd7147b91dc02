"""A portrait and a sentence to try the service with; LICENSE.md says where they come from."""

from __future__ import annotations

from pathlib import Path
from typing import Final

PORTRAIT: Final = Path(__file__).with_name("portrait.jpg")
SPEECH: Final = Path(__file__).with_name("speech.wav")

__all__ = ["PORTRAIT", "SPEECH"]
