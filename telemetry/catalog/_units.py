"""Base units, and what they go by where they are not."""

import re
from typing import Final

UNITS: Final = (
    "seconds",
    "bytes",
    "ratio",
    "celsius",
    "joules",
    "watts",
    "volts",
    "amperes",
    "hertz",
    "meters",
    "grams",
)
_BASE: Final = {
    "seconds": ("minutes", "hours", "days", "weeks", "s", "ms", "us", "ns", "sec", "m", "h", "d"),
    "bytes": ("bits", "b", "kb", "mb", "gb", "tb", "pb", "kib", "mib", "gib"),
    "ratio": ("percent", "percentage"),
    "celsius": ("fahrenheit", "rankine", "kelvins"),
    "joules": ("calories", "kwh", "wh"),
    "meters": ("inches", "yards", "miles"),
    "grams": ("pounds", "ounces"),
}
_OTHER_UNITS: Final = {word: base for base, words in _BASE.items() for word in words}
_PREFIXED: Final = re.compile(
    r"(?:pico|nano|micro|milli|centi|deci|deca|hecto|kilo|kibi|mega|mibi|mebi|giga|gibi|tera|tebi|peta|pebi)"
    rf"({'|'.join((*UNITS, *(word for word in _OTHER_UNITS if len(word) > len('kib'))))})"
)


def base_unit(word: str) -> str | None:
    """Return what a unit that is no base unit should be; as promtool has it, a letter or two are such a unit too."""
    prefixed = _PREFIXED.fullmatch(word)
    return _OTHER_UNITS.get(prefixed[1], prefixed[1]) if prefixed else _OTHER_UNITS.get(word)
