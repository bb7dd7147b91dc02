"""Finds what is wrong with the rules before Prometheus loads them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import dashboards
from alerts.rule import Rule
from alerts.rules import RULES
from alerts.thresholds import THRESHOLDS
from dashboards.promql import QueryError, result_labels

RUNBOOKS: Final = Path(__file__).parent / "runbooks"
FIRST_ACTION: Final = "First action: "

_NAME: Final = re.compile(r"(?:[A-Z][a-z0-9]+)+")
_LABEL: Final = re.compile(r"\$labels\.(\w+)")
_QUERY: Final = re.compile(r"query `([^`]*)`")
_THRESHOLD: Final = re.compile(r'alert_threshold\{alert="([^"]*)"\}')


def problems(rules: Iterable[Rule] = RULES, runbooks: Path = RUNBOOKS) -> Iterator[str]:
    """Yield one line for each fault of the rules, the alert named."""
    rules = tuple(rules)
    boards = {each["uid"] for each in dashboards.listing()}
    for rule in rules:
        faults = (*_expression(rule), *_links(rule, boards, runbooks))
        yield from (f"{rule.alert}: {fault}" for fault in faults)
    names = Counter(rule.alert for rule in rules)
    yield from (f"{name}: there are {count} alerts of this name" for name, count in names.items() if count > 1)


def _expression(rule: Rule) -> Iterator[str]:
    try:
        labels = result_labels(rule.expr) or frozenset()
    except QueryError as error:
        yield f"the expression {error}"
        return
    said = rule.summary + rule.description
    for label in sorted(set(_LABEL.findall(said)) - labels):
        yield f"a text shows $labels.{label}, but the result has {', '.join(sorted(labels)) or 'no label'}"
    for query in _QUERY.findall(said):
        try:
            result_labels(query)
        except QueryError as error:
            yield f"a query in a text {error}"
    known = {threshold.alert for threshold in THRESHOLDS}
    for name in sorted(set(_THRESHOLD.findall(rule.expr + said)) - known):
        yield f"compares with alert_threshold{{alert={name!r}}}, which alerts/thresholds.py does not have"


def _links(rule: Rule, boards: set[str], runbooks: Path) -> Iterator[str]:
    if not _NAME.fullmatch(rule.alert):
        yield "the name is not in CamelCase"
    if rule.dashboard not in boards:
        yield f"links to the dashboard {rule.dashboard}; there is {', '.join(sorted(boards))}"
    runbook = runbooks / f"{rule.alert}.md"
    if not runbook.is_file():
        yield f"has no runbook {runbook.name}"
    elif sum(line.startswith(FIRST_ACTION) for line in runbook.read_text(encoding="utf-8").splitlines()) != 1:
        yield f"the runbook needs exactly one line that starts with {FIRST_ACTION!r}: notifications quote it"
