from __future__ import annotations

from app.generation.inputs.errors import BadInput
from app.generation.inputs.limits import DEFAULT_LIMITS, InputLimits


def check_prompt(prompt: str, limits: InputLimits = DEFAULT_LIMITS) -> str:
    """Return `prompt` without surrounding white space.

    Raises:
        BadInput: it is empty, too long or holds control characters.
    """
    text = prompt.strip()
    allowed = f"1 to {limits.max_prompt_length} characters of text"
    if not text:
        raise BadInput("prompt", "no text", "The prompt is empty.", allowed)
    if len(text) > limits.max_prompt_length:
        raise BadInput("prompt", f"{len(text)} characters", "The prompt is too long.", allowed)
    control = next((character for character in text if ord(character) < ord(" ") and character not in "\n\r\t"), None)
    if control is not None:
        raise BadInput("prompt", f"character U+{ord(control):04X}", "The prompt holds a control character.", allowed)
    return text
