"""Log lines as people read them: our JSON and the programs' key=value, one short form for all."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

_STAMPED: Final = re.compile(r"(?:^| )(?:ts|time)=\"?([^ \"]+)\"?")
_LEVEL: Final = re.compile(r"(?:^| )level=(\w+)")
_TIMES: Final = re.compile(r"(?:^| )(?:ts|time)=\"?[^ \"]+\"?|(?:^| )level=\w+")
_QUIET: Final = frozenset({"timestamp", "level", "event", "logger", "service", "pid"})
_OLDEST: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Line:
    """One line of a part; `when` is None where it names no time."""

    part: str
    raw: str
    when: datetime | None
    level: str
    text: str

    @classmethod
    def read(cls, part: str, raw: str) -> "Line":
        """Return what the line says; one in no form that is known is its own text."""
        fields = _object(raw)
        if fields is not None:
            rest = " ".join(f"{name}={_shown(value)}" for name, value in fields.items() if name not in _QUIET)
            text = f"{fields.get('event', '')} {rest}".strip()
            return cls(part, raw, _moment(str(fields.get("timestamp", ""))), str(fields.get("level", "")), text)
        stamp, level = _STAMPED.search(raw), _LEVEL.search(raw)
        if stamp and (when := _moment(stamp[1])):
            return cls(part, raw, when, level[1].lower() if level else "", _TIMES.sub("", raw).strip())
        return cls(part, raw, None, "", raw)

    def readable(self, width: int = 0) -> str:
        """Return time of day, part and level, then what happened; the part is padded to `width`."""
        clock = f"{self.when.astimezone():%H:%M:%S}" if self.when else " " * 8
        return f"{clock} {self.part:<{width}} {self.level.upper():<7} {self.text}".rstrip()


def interleaved(parts: dict[str, list[str]]) -> list[Line]:
    """Return the lines of all parts by time; one without a time stays behind the one before it."""
    stamped: list[tuple[datetime, int, Line]] = []
    for part, lines in parts.items():
        last = _OLDEST
        for raw in lines:
            line = Line.read(part, raw)
            last = line.when or last
            stamped.append((last, len(stamped), line))
    return [line for _, _, line in sorted(stamped, key=lambda entry: entry[:2])]


def _object(raw: str) -> dict[str, Any] | None:
    if not raw.startswith("{"):
        return None
    try:
        fields = json.loads(raw)
    except ValueError:
        return None
    return fields if isinstance(fields, dict) else None


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return json.dumps(text) if isinstance(value, str) and re.search(r"[\s\"=]", text) else text


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
