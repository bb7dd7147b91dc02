"""Budgets: nearly spent, spent, spent before the period ends, and jobs that one refuses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from alerts import thresholds
from alerts.expressions import kept, limit, usd, value_of
from alerts.rule import NOW, Rule, Severity
from dashboards.queries import counted, select
from telemetry import catalog
from telemetry.catalog import Metric

SPENT: Final = usd("$value")
#: Kept rather than `keep_firing_for`, which would hold an alert after the budget was raised too.
COST: Final = f"max by (period) ({kept(catalog.COST_PERIOD.name)})"
BUDGET: Final = f"max by (period) ({kept(catalog.BUDGET.name)})"
FORECAST: Final = f"max by (period) ({kept(catalog.COST_FORECAST.name)})"
USED: Final = f"max by (customer, period) ({kept(catalog.CUSTOMER_BUDGET_USED.name)})"
AHEAD: Final = f"max by (customer, period) ({kept(catalog.CUSTOMER_BUDGET_FORECAST.name)})"
RATIO: Final = f"{{{{ {value_of(thresholds.BUDGET_RATIO)} | humanizePercentage }}}}"
_NEARLY: Final = "The threshold is " + RATIO + " of it."


def _of(metric: Metric, period: str) -> str:
    matcher = f'period="{period}"'
    return kept(select(metric, matcher))


def _amount(metric: Metric, period: str) -> str:
    return f"{{{{ with query `max({_of(metric, period)})` | first | value }}}}{usd('.')}{{{{ end }}}}"


def _refused_beyond(period: str) -> str:
    hard = f"query `max({_of(catalog.BUDGET_HARD, period)})`"
    amount = f"{{{{ with . | first | value }}}}{usd('.')}{{{{ end }}}}"
    return f"{{{{ with {hard} }}}}Jobs beyond {amount} are refused.{{{{ else }}}}Jobs are still accepted.{{{{ end }}}}"


def _over(period: str, share: str = "") -> str:
    cost, budget = _of(catalog.COST_PERIOD, period), _of(catalog.BUDGET, period)
    return f"max by (period) ({cost})\n  > on (period)\n{share}max by (period) ({budget})"


def _refused(scope: str) -> str:
    matcher = f'scope="{scope}"'
    return f"{counted(select(catalog.BUDGET_REFUSALS, matcher), '15m', 'period', 'code')} > 0"


def _of_service() -> Iterator[Rule]:
    words = (
        ("day", "Day", "today", "daily", "midnight"),
        ("month", "Month", "this month", "monthly", "the month began"),
    )
    for period, name, now, each, since in words:
        budget = _amount(catalog.BUDGET, period)
        yield Rule(
            alert=f"Cost{name}OverBudget",
            group="budgets",
            expr=_over(period),
            hold=NOW,
            severity="page",
            summary=f"Jobs cost {SPENT} {now}, more than the {each} budget of {budget}",
            description=f"Device time since {since} cost {SPENT}; the {each} budget is {budget}. {_refused_beyond(period)}",
            dashboard="plainview-cost",
        )
        yield Rule(
            alert=f"Cost{name}NearBudget",
            group="budgets",
            expr=_over(period, f"{limit(thresholds.BUDGET_RATIO)} * "),
            hold=timedelta(minutes=5),
            severity="ticket",
            summary=f"Jobs cost {SPENT} {now}, near the {each} budget of {budget}",
            description=f"Device time since {since} cost {SPENT}; the {each} budget is {budget}. {_NEARLY}",
            dashboard="plainview-cost",
        )


_ITS_BUDGET: Final = (
    f"{{{{ with printf `max({kept(select(catalog.BUDGET, 'period=%q'))})` $labels.period | query }}}}"
    f"{{{{ with . | first | value }}}}{usd('.')}{{{{ end }}}}{{{{ end }}}}"
)
_WHY: Final = (
    '{{ if eq $labels.code "cost_unknown" }}a cost is not known, so that nobody can say what is left'
    "{{ else }}they would go beyond it, with what is spent and what waiting and running jobs will cost{{ end }}"
)


def _refusing() -> Iterator[Rule]:
    period = "{{ $labels.period }}"
    words: tuple[tuple[str, Severity, str, str], ...] = (
        ("service", "page", f"The service's budget of the {period} refuses everybody's jobs", "the hard budget"),
        ("customer", "ticket", f"Budgets of customers of the {period} refuse jobs", "hard budgets of customers"),
    )
    for scope, severity, summary, by in words:
        yield Rule(
            alert=f"{scope.title()}BudgetRefusesJobs",
            group="budgets",
            expr=_refused(scope),
            hold=NOW,
            severity=severity,
            summary=summary,
            description=f'{{{{ $value | printf "%.0f" }}}} jobs were refused in 15 minutes by {by} of the {period}: {_WHY}.',
            dashboard="plainview-cost",
        )


RULES: Final = (
    *_of_service(),
    Rule(
        alert="CostForecastOverBudget",
        group="budgets",
        # What is spent already has alerts of its own.
        expr=f"{FORECAST}\n  > on (period)\n{BUDGET}\nunless on (period)\n{COST}\n  > on (period)\n{BUDGET}",
        hold=timedelta(minutes=15),
        severity="ticket",
        summary=f"This {{{{ $labels.period }}}} will cost {SPENT}, more than its budget of {_ITS_BUDGET}",
        description=(
            f"If spending goes on as it did, jobs of this {{{{ $labels.period }}}} will have cost {SPENT} at its end; its "
            f"budget is {_ITS_BUDGET}."
        ),
        dashboard="plainview-cost",
    ),
    Rule(
        alert="CustomerNearBudget",
        group="budgets",
        expr=f"{USED}\n  > {limit(thresholds.BUDGET_RATIO)}",
        hold=timedelta(minutes=5),
        severity="ticket",
        summary="{{ $labels.customer }} has spent {{ $value | humanizePercentage }} of its budget of the {{ $labels.period }}",
        description=(
            "Jobs of {{ $labels.customer }} have cost {{ $value | humanizePercentage }} of what they may cost this "
            f"{{{{ $labels.period }}}}; the threshold is {RATIO}. Where its budget is hard, its jobs are refused beyond it."
        ),
        dashboard="plainview-cost",
    ),
    Rule(
        alert="CustomerForecastOverBudget",
        group="budgets",
        expr=f"{AHEAD} > 1\nunless on (customer, period)\n{USED}\n  > {limit(thresholds.BUDGET_RATIO)}",
        hold=timedelta(minutes=15),
        severity="ticket",
        summary="{{ $labels.customer }} will spend {{ $value | humanizePercentage }} of its budget of the {{ $labels.period }}",
        description=(
            "If spending goes on as it did, jobs of {{ $labels.customer }} will have cost {{ $value | humanizePercentage }} of "
            "what they may cost this {{ $labels.period }}."
        ),
        dashboard="plainview-cost",
    ),
    *_refusing(),
)
