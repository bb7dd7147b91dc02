"""Cost: what today and this month cost and will cost, who and what it went to, and what of it was for nothing."""

from __future__ import annotations

from dashboards.model import Board, Row
from dashboards.rows import bill, budget, cost, energy, spending


def board() -> Board:
    return Board(
        name="cost",
        title="Cost",
        description="What devices cost against what is budgeted, what it bought, who spent it, and what the provider charges.",
        rows=(
            Row(
                "Is the money all right?",
                (cost.periods(), budget.forecast(), budget.used(), spending.in_use(), cost.waste()),
            ),
            Row("Against the budget", (budget.day(), budget.month(), budget.customers())),
            Row(
                "Paid and used",
                (cost.rate(12, 10), spending.shares(), spending.paid(), spending.use(), spending.idle()),
            ),
            Row("Who and what", (spending.customers("day"), spending.customers("month"), spending.models())),
            Row("What a job costs", (cost.per_job(), cost.per_output_second(), bill.quotes())),
            Row(
                "Energy",
                (
                    energy.used(),
                    energy.cost(),
                    energy.carbon(),
                    energy.by_operation(),
                    energy.by_customer(),
                    energy.of_cards(),
                ),
            ),
            Row("Bill and unknown", (bill.charged(5), bill.compared(9), bill.unpriced(6), cost.price())),
        ),
    )
