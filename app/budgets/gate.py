"""The gate: a job that would go beyond a hard budget is refused before it is accepted.

It is asked in the transaction that stores the job. Whoever has a hard budget in common waits for the other's
transaction to end, so however many jobs are sent at the same time, each sees those that were accepted before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from app.budgets import refusals, rows, spending
from app.budgets.budget import Budget, Budgets
from app.budgets.closed import ClosedQuarters
from app.budgets.spending import Reserved, Spent
from app.database.locks import hold
from app.database.times import now
from app.ledger.calendar import Span, span
from app.quotes.quote import Quote


@dataclass(frozen=True, slots=True)
class Account:
    """What a hard budget has to pay for before the job that asks."""

    budget: Budget
    hard: int
    span: Span
    spent: Spent
    reserved: Reserved

    @property
    def taken(self) -> int:
        """What is spent or will be."""
        return self.spent.nanousd + self.reserved.nanousd


@dataclass(frozen=True, slots=True)
class Gate:
    """Refuses jobs; lives as long as the service.

    Attributes:
        of_settings: the budgets that count where no other was set.
        zone: where days and months begin.
        closed: what it remembers of spending.
    """

    of_settings: tuple[Budget, ...]
    zone: ZoneInfo
    closed: ClosedQuarters = field(default_factory=ClosedQuarters)

    def check(self, connection: Connection, customer: str, quote: Quote, *, tell_all: bool = False) -> None:
        """Raise why no job of `customer` with this quote may be accepted.

        Args:
            connection: in the transaction that will store the job.
            customer: whose job it is.
            quote: what it should cost.
            tell_all: say what the service spent, too; else only what the customer did.

        Raises:
            ServiceError: with the code BUDGET_EXCEEDED or COST_UNKNOWN.
        """
        budgets = Budgets(self.of_settings, rows.for_customer(connection, customer)).for_job_of(customer)
        hard = [budget for budget in budgets if budget.hard is not None]
        if not hard:
            return
        _wait_for_others(connection, hard, customer)
        moment = now(connection)
        accounts = self._accounts(connection, hard, customer, moment)
        if quote.unpriced is not None:
            raise refusals.price_unknown(accounts[0].budget, quote.unpriced)
        blind = [account for account in accounts if account.spent.unpriced_nanoseconds]
        if blind:
            raise refusals.spending_unknown(_last(blind), self.zone, moment)
        cost = quote.nanousd
        beyond = [account for account in accounts if _beyond(account, cost)]
        if beyond:
            raise refusals.exceeded(_last(beyond), cost, self.zone, moment, tell_all=tell_all)
        if cost is None and spending.reserved(connection, customer).unquoted:
            raise refusals.one_at_a_time(accounts[0].budget)

    def _accounts(
        self, connection: Connection, hard: Sequence[Budget], customer: str, moment: datetime
    ) -> list[Account]:
        found = []
        for budget in hard:
            whose = None if budget.scope == "service" else customer
            present = span(moment, self.zone, budget.period)
            # In this order: a job that ends in between is counted twice rather than not at all.
            reserved = spending.reserved(connection, whose)
            spent = self.closed.spent(connection, present, whose, moment)
            found.append(Account(budget, budget.hard or 0, present, spent, reserved))
        return found


def _beyond(account: Account, cost: int | None) -> bool:
    # What a first job costs is not known before it has run; it may begin while anything is left.
    return account.taken >= account.hard if cost is None else account.taken + cost > account.hard


def _last(accounts: Sequence[Account]) -> Account:
    """Return the one that begins anew last: sooner no job would be accepted."""
    return max(accounts, key=lambda account: account.span.until)


def _wait_for_others(connection: Connection, hard: Sequence[Budget], customer: str) -> None:
    """Let one transaction at a time go on whose job is paid from the same budget, until it ends."""
    # Not the rows: a budget of a setting has none, and customers of the default budget need not wait for each other.
    names = {"budget service" if budget.scope == "service" else f"budget customer {customer}" for budget in hard}
    for name in sorted(names):  # in one order, so that no two wait for each other
        hold(connection, name)
