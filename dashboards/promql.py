"""Checks a PromQL expression against the catalog, and tells which labels its result has.

A series or label that nobody exports gives an empty panel or an alert that never fires; here it is an
error when the dashboards and rules are built.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import promql_parser as parser

from dashboards.recorded import LABELS as RECORDED
from telemetry import catalog

#: Labels that a vector may have; None for a scalar or a string.
Labels = frozenset[str] | None

NOTHING: Final[frozenset[str]] = frozenset()
NO_OTHERS: Final[Mapping[str, frozenset[str]]] = MappingProxyType({})

_VARIABLES: Final = re.compile(r"\$__(rate_interval|interval|range)\b|\$\{__(rate_interval|interval|range)\}")
_SCALAR_FUNCTIONS: Final = frozenset({"scalar", "time", "pi"})
_SELECTING: Final = frozenset({"topk", "bottomk"})


class QueryError(ValueError):
    """An expression that does not parse, or names what is not exported; the text says which."""


def result_labels(expr: str, own: Mapping[str, frozenset[str]] = NO_OTHERS) -> Labels:
    """Return the labels that the result of `expr`, in which Grafana's interval variables may stand, may carry.

    None for a scalar. `own` are series beside those of the catalog, each with its labels.

    Raises:
        QueryError: `expr` does not parse, selects a series or label outside the catalog, groups or joins
            by a label that its operand does not have, or joins vectors whose labels can never match.
    """
    try:
        tree = parser.parse(_VARIABLES.sub("5m", expr))
    except ValueError as error:
        raise QueryError(f"does not parse: {error}") from error
    return _Walk(own).labels(tree)


class _Walk:
    """One pass over a syntax tree, from the selectors up."""

    def __init__(self, own: Mapping[str, frozenset[str]]) -> None:
        self._own = own

    def labels(self, node: Any) -> Labels:
        """Return the labels of the result of `node`; every kind of node has its own rule below."""
        match node:
            case parser.NumberLiteral() | parser.StringLiteral():
                found = None
            case parser.VectorSelector():
                found = self._selector(node)
            case parser.MatrixSelector():
                found = self._selector(node.vector_selector)
            case parser.ParenExpr() | parser.UnaryExpr() | parser.SubqueryExpr():
                found = self.labels(node.expr)
            case parser.AggregateExpr():
                found = self._aggregate(node)
            case parser.Call():
                found = self._call(node)
            case parser.BinaryExpr():
                found = self._binary(node)
            case _:
                raise QueryError(f"holds {type(node).__name__}, which this check does not know")
        return found

    def _selector(self, node: Any) -> frozenset[str]:
        if node.name is None or node.matchers.or_matchers:
            raise QueryError(
                "selects without a series name, or with `or` between matchers: write the name, one selector for each case"
            )
        if node.name in RECORDED:
            known = RECORDED[node.name]
        elif node.name in catalog.SERIES:
            known = catalog.SERIES[node.name] | catalog.TARGET_LABELS
        elif node.name in self._own:
            known = self._own[node.name] | catalog.TARGET_LABELS
        else:
            raise QueryError(f"selects {node.name}, which nobody exports")
        for matcher in node.matchers.matchers:
            _require({matcher.name}, known, f"{node.name} is selected by")
        return known

    def _aggregate(self, node: Any) -> Labels:
        inner = self.labels(node.expr) or NOTHING  # the parser refuses to aggregate a scalar
        if str(node.op) in _SELECTING:
            if node.modifier:
                _require(set(node.modifier.labels), inner, f"{node.op} groups by")
            return inner
        if node.modifier is None:
            return NOTHING
        named = frozenset(node.modifier.labels)
        _require(named, inner, f"{node.op} groups by")
        return named if node.modifier.type == parser.AggModifierType.By else inner - named

    def _call(self, node: Any) -> Labels:
        name, arguments = node.func.name, node.args
        found = [self.labels(argument) for argument in arguments]
        if name in _SCALAR_FUNCTIONS:
            return None
        if name in {"absent", "absent_over_time"}:
            return _equal_matchers(arguments[0])
        vector = next((labels for labels in found if labels is not None), NOTHING)
        if name == "histogram_quantile":
            _require({"le"}, vector, "histogram_quantile needs")
            return vector - {"le"}
        if name == "label_replace":
            _require({arguments[3].val}, vector, "label_replace reads")
            return vector | {arguments[1].val}
        return vector

    def _binary(self, node: Any) -> Labels:
        left, right = self.labels(node.lhs), self.labels(node.rhs)
        if left is None or right is None:
            return right if left is None else left
        operator, modifier = str(node.op), node.modifier
        matching = modifier.matching if modifier else None
        if operator == "or":
            return left | right
        if matching is None:
            if left != right:
                raise QueryError(
                    f"joins {_listed(left)} with {_listed(right)} by {operator!r}: no pair can match; say on (...) or aggregate"
                )
            return left
        named = frozenset(matching.labels)
        on = matching.type == parser.LabelModifierType.Include
        if on:
            _require(named, left, f"the left side of {operator!r} is joined on")
            _require(named, right, f"the right side of {operator!r} is joined on")
        if operator in {"and", "unless"}:
            return left
        return _joined(modifier, left, right, named if on else left - named)


def _joined(modifier: Any, left: frozenset[str], right: frozenset[str], matched: frozenset[str]) -> frozenset[str]:
    extra = frozenset(modifier.group_labels or ())
    if modifier.card == parser.VectorMatchCardinality.ManyToOne:
        _require(extra, right, "group_left takes")
        return left | extra
    if modifier.card == parser.VectorMatchCardinality.OneToMany:
        _require(extra, left, "group_right takes")
        return right | extra
    return matched


def _equal_matchers(node: Any) -> frozenset[str]:
    selector = getattr(node, "vector_selector", node)
    if not isinstance(selector, parser.VectorSelector):
        return NOTHING
    return frozenset(matcher.name for matcher in selector.matchers.matchers if matcher.op == parser.MatchOp.Equal)


def _require(named: set[str] | frozenset[str], known: frozenset[str], what: str) -> None:
    missing = named - known
    if missing:
        raise QueryError(f"{what} {_listed(missing)}; there is {_listed(known)}")


def _listed(labels: set[str] | frozenset[str]) -> str:
    return ", ".join(sorted(labels)) or "no label"
