"""Cuts secrets out of what leaves the process, by the table in `_secret_rules` and by what the settings add to it."""

import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import groupby
from typing import Any, Final, Literal, NamedTuple

from telemetry._secret_rules import CUT, CUT_OFF, RULES, Rule

_DEPTH: Final = 12
# A field that is longer makes no line that anybody reads; looking through it would take milliseconds.
_LONGEST: Final = 100_000
_MAYBE_CUT_OFF: Final = 64
#: The hints of rules that follow one another and have the same marks: first and last mark, hints with their rules.
_MARKED: Final = tuple(
    (marks[:1], marks[-1:], tuple((hint, rule) for rule in rules for hint in rule.hints))
    for marks, rules in groupby(RULES, key=lambda rule: rule.marks)
)
_NAMES: Final = re.compile(
    r"passw|passphrase|secret|token|api[_-]?key|authorization|cookie|credential|private[_-]?key|access[_-]?key",
    re.IGNORECASE,
)

Secrecy = Literal["", "text", "all"]


class Added(NamedTuple):
    """What one `Telemetry` adds: names of fields whose values are cut whatever they are, and rules for texts."""

    fields: tuple[str, ...]
    rules: tuple[Rule, ...]


_NONE: Final = Added((), ())
_added: list[Added] = [_NONE]
_on_change: Final[list[Callable[[], None]]] = []


def redact(text: str) -> str:
    """Return `text` with everything that looks like a secret replaced; the rest is unchanged."""
    spans = _found(text)
    for rule in _added[-1].rules:
        spans.extend(rule.found(text))
    if not spans:
        return text
    text = _without(text, spans)
    # Once more: what was cut may have stood between a name and a secret of another kind.
    while (clean := _without(text, _found(text))) != text:
        text = clean
    return text


def _found(text: str) -> list[tuple[int, int]]:
    small = text.lower()
    spans: list[tuple[int, int]] = []
    done: Rule | None = None
    for first, last, hints in _MARKED:
        if first in small or last in small:
            for hint, rule in hints:
                if hint in small and rule is not done:
                    done = rule
                    spans.extend(rule.found(text))
    if len(text) >= _MAYBE_CUT_OFF and "://" in small:
        spans.extend(CUT_OFF.found(text))
    return spans


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    """Return `text` with the union of `spans` cut out; what touches is one."""
    pieces: list[str] = []
    end = 0
    for begin, until in sorted(spans):
        if begin > end or not pieces:
            pieces += text[end:begin], CUT
        end = max(end, until)
    return "".join((*pieces, text[end:]))


@lru_cache(maxsize=1024)
def secrecy(name: str) -> Secrecy:
    """Return what is secret under a name: nothing, texts (a `token_count` is none), or all as the settings say."""
    small = name.lower()
    if any(field in small for field in _added[-1].fields):
        return "all"
    return "text" if _NAMES.search(name) else ""


def redact_fields(fields: Mapping[str, Any], depth: int = _DEPTH, besides: Container[str] = ()) -> dict[str, Any]:
    """Return `fields` with their texts redacted, and without the values of those that are named like a secret.

    Below `depth` levels nothing is shown. What is named in `besides` is left as it is.
    """
    clean = {}
    for name, value in fields.items():
        if name in besides:
            clean[name] = value
            continue
        shown, hidden = _named(name) if type(name) is str else (name, secrecy(str(name)))
        clean[shown] = _field(hidden, value, depth - 1)
    return clean


@lru_cache(maxsize=1024)
def _named(name: str) -> tuple[str, Secrecy]:
    return redact(name), secrecy(name)


def _field(hidden: Secrecy, value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return redact(value[:_LONGEST]) if not hidden or not value else CUT
    if isinstance(value, bytes):
        return CUT if hidden and value else value
    if not isinstance(value, Mapping | list | tuple):
        return CUT if hidden == "all" and value is not None else value
    if depth <= 0:
        return "…"
    if isinstance(value, Mapping):
        return redact_fields(value, depth)
    return [_field(hidden, item, depth - 1) for item in value]


def when_changed(forget: Callable[[], None]) -> None:
    """Have `forget` called when the rules change: for those who keep what was redacted before."""
    _on_change.append(forget)


@contextmanager
def adding(fields: Sequence[str], patterns: Sequence[str]) -> Iterator[None]:
    """Cut out the values of these fields and what these patterns find too, until the block ends."""
    if not fields and not patterns:
        yield
        return
    small = tuple(field.lower() for field in fields)
    assigned = [_assigned(field) for field in small]
    added = Added(small, (*assigned, *(Rule("", (), re.compile(pattern)) for pattern in patterns)))
    _added.append(added)
    _forget()
    try:
        yield
    finally:
        _added.remove(added)
        _forget()


def _assigned(field: str) -> Rule:
    """Return a rule for a field's value in a text: `name=value`, `"name": "value"`."""
    return Rule(
        "",
        (),
        re.compile(rf"(?P<keep>{re.escape(field)}\\?[\"']?\s?[=:]\s?\\?[\"']?)[^\s\"'\\,;&)}}\]]+", re.IGNORECASE),
    )


def _forget() -> None:
    secrecy.cache_clear()
    _named.cache_clear()
    for forget in _on_change:
        forget()
