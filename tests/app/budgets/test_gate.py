"""What may be accepted: by the quote, what is spent and what is reserved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from app.budgets import rows, spending
from app.budgets.budget import Name, of_settings
from app.budgets.gate import Gate
from app.budgets.spending import Reserved
from app.budgets.standing import overview
from app.database.engine import Database
from app.errors import Code, ServiceError
from app.quotes.quote import Quote
from app.settings import Settings
from tests.app.budgets.conftest import CENT, Spend, Wait

ACME: Name = ("customer", "acme", "day")
SERVICE: Name = ("service", "", "day")
DEFAULT: Name = ("default", "", "day")
NO_QUOTE = Quote(None, None, None, None, None)


def quoted(cents: float) -> Quote:
    return Quote(None, Decimal(str(cents)) / 100, None, None, None)


@pytest.fixture
def gate(settings: Settings) -> Gate:
    return Gate(of_settings(settings), settings.zone)


def hard(database: Database, name: Name, cents: float) -> None:
    database.write(rows.put, name, soft=None, hard=int(cents * CENT), by="test")


def refusal(database: Database, gate: Gate, quote: Quote, customer: str = "acme", **options: bool) -> ServiceError:
    with pytest.raises(ServiceError) as refused:
        database.write(gate.check, customer, quote, **options)
    return refused.value


def accepts(database: Database, gate: Gate, quote: Quote, customer: str = "acme") -> None:
    database.write(gate.check, customer, quote)


def test_soft_budget_refuses_nothing(database: Database, gate: Gate, spend: Spend) -> None:
    database.write(rows.put, ACME, soft=CENT, hard=None, by="test")
    spend(5000 * CENT)  # which is over the service's budget of the settings too
    accepts(database, gate, quoted(100))


def test_quote_that_just_fits_is_accepted_and_a_billionth_more_is_not(
    database: Database, gate: Gate, spend: Spend, wait: Wait
) -> None:
    hard(database, ACME, 10)
    spend(3 * CENT)
    wait(4 * CENT)
    accepts(database, gate, quoted(3))
    assert refusal(database, gate, quoted(3.0000001)).code is Code.BUDGET_EXCEEDED


def test_refusal_says_which_budget_how_much_and_until_when(
    database: Database, gate: Gate, spend: Spend, wait: Wait
) -> None:
    hard(database, ACME, 10)
    spend(3 * CENT)
    wait(5 * CENT)
    refused = refusal(database, gate, quoted(4))
    tomorrow = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    assert refused.context == {
        "scope": "customer",
        "period": "day",
        "resets_at": tomorrow.isoformat(),
        "hard_usd": 0.1,
        "spent_usd": 0.03,
        "reserved_usd": 0.05,
        "quoted_usd": 0.04,
    }
    assert int(refused.headers["Retry-After"]) == pytest.approx((tomorrow - datetime.now(UTC)).total_seconds(), abs=10)
    assert "of $0.10, $0.03 are spent and $0.05 reserved" in refused.detail


def test_service_s_figures_are_no_customer_s_business(database: Database, gate: Gate, spend: Spend) -> None:
    hard(database, SERVICE, 10)
    spend(10 * CENT, "other")
    refused = refusal(database, gate, quoted(1))
    assert refused.context.keys() == {"scope", "period", "resets_at"}
    assert "$" not in refused.detail
    assert refusal(database, gate, quoted(1), tell_all=True).context["spent_usd"] == 0.1


def test_retries_cancelled_and_failed_runs_count_and_idle_time_does_not(
    database: Database, gate: Gate, spend: Spend
) -> None:
    hard(database, SERVICE, 10)
    for kind in ("job", "retry", "cancelled", "failed", "idle", "overhead"):
        spend(2 * CENT, kind=kind)
    accepts(database, gate, quoted(2))
    refusal(database, gate, quoted(2.1))


def test_running_job_reserves_what_its_quote_has_left_and_nothing_once_it_is_over_it(
    database: Database, spend: Spend, wait: Wait
) -> None:
    inside, over = wait(5 * CENT, running=True), wait(5 * CENT, running=True)
    spend(2 * CENT, job_id=inside)
    spend(9 * CENT, job_id=over)
    assert database.read(spending.reserved) == Reserved(3 * CENT, 0)


def test_run_again_reserves_the_quote_again(database: Database, spend: Spend, wait: Wait) -> None:
    again = wait(5 * CENT, running=True)
    spend(4 * CENT, job_id=again, attempt=0, kind="failed")
    assert database.read(spending.reserved, "acme") == Reserved(5 * CENT, 0)


def test_sums_by_customer_are_those_of_each(database: Database, gate: Gate, spend: Spend, wait: Wait) -> None:
    for customer in ("a", "b"):
        spend(CENT, customer)
        spend(None, customer)
        spend(2 * CENT, customer, job_id=wait(5 * CENT, customer, running=True))
        wait(None, customer)
    database.write(rows.put, ACME, soft=None, hard=CENT, by="test")
    seen = database.read(overview, gate.of_settings, gate.zone)
    for customer in ("a", "b"):
        assert seen.reserved[customer] == database.read(spending.reserved, customer)
        assert seen.spent["day"][customer] == database.read(spending.spent, seen.spans["day"], customer)
    assert seen.total("day") == database.read(spending.spent, seen.spans["day"])
    assert seen.total_reserved() == database.read(spending.reserved)
    assert seen.total_reserved() == Reserved(6 * CENT, 2)


def test_yesterday_s_spending_does_not_count(database: Database, gate: Gate, spend: Spend) -> None:
    hard(database, ACME, 10)
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    spend(50 * CENT, at=midnight - timedelta(seconds=1))
    spend(CENT, at=midnight)
    accepts(database, gate, quoted(9))
    refusal(database, gate, quoted(9.1))


def test_day_is_that_of_the_time_zone(database: Database, spend: Spend) -> None:
    """Of two zones eleven hours apart or more, one at least is in another day than the spending of eleven hours ago."""
    spend(9 * CENT, at=datetime.now(UTC) - timedelta(hours=11))
    hard(database, ACME, 10)
    refused = []
    for name in ("Pacific/Kiritimati", "UTC", "Pacific/Pago_Pago"):
        try:
            accepts(database, Gate((), ZoneInfo(name)), quoted(5))
        except ServiceError:
            refused.append(name)
    assert 0 < len(refused) < 3


def test_customer_s_own_budget_goes_before_the_default(database: Database, gate: Gate) -> None:
    hard(database, DEFAULT, 1)
    hard(database, ACME, 10)
    accepts(database, gate, quoted(5))
    refusal(database, gate, quoted(5), "other")
    database.write(rows.remove, ACME)
    refusal(database, gate, quoted(5))


def test_customer_can_be_freed_from_the_default(database: Database, gate: Gate) -> None:
    hard(database, DEFAULT, 1)
    database.write(rows.put, ACME, soft=None, hard=None, by="test")
    accepts(database, gate, quoted(5))


def test_default_may_come_from_a_setting(database: Database, settings: Settings) -> None:
    strict = settings.model_copy(update={"customer_budget_month_usd": Decimal("0.02")})
    gate = Gate(of_settings(strict), strict.zone)
    accepts(database, gate, quoted(2))
    assert refusal(database, gate, quoted(3)).context["period"] == "month"
    database.write(rows.put, ("default", "", "month"), soft=None, hard=10 * CENT, by="test")
    accepts(database, gate, quoted(3))


def test_of_two_budgets_that_refuse_the_one_that_lasts_is_named(database: Database, gate: Gate, spend: Spend) -> None:
    hard(database, ACME, 1)
    hard(database, ("customer", "acme", "month"), 1)
    spend(2 * CENT)
    assert refusal(database, gate, quoted(1)).context["period"] == "month"


def test_budget_of_nothing_refuses_all(database: Database, gate: Gate) -> None:
    hard(database, ACME, 0)
    refusal(database, gate, quoted(0.1))
    refusal(database, gate, NO_QUOTE)


def test_card_without_a_price_closes_the_gate_where_a_budget_is_hard(database: Database, gate: Gate) -> None:
    unpriced = Quote(None, None, None, None, None, "NVIDIA X")
    accepts(database, gate, unpriced)
    hard(database, ACME, 10)
    refused = refusal(database, gate, unpriced)
    assert refused.code is Code.COST_UNKNOWN
    assert "NVIDIA X" in refused.detail
    assert "PLAINVIEW_GPU_PRICES" in refused.detail
    accepts(database, gate, unpriced, "other")


def test_spending_whose_cost_is_not_known_closes_the_gate_until_the_period_ends(
    database: Database, gate: Gate, spend: Spend
) -> None:
    hard(database, ACME, 10)
    spend(None)
    refused = refusal(database, gate, quoted(1))
    assert (refused.code, refused.context["unpriced_seconds"]) == (Code.COST_UNKNOWN, 1)
    assert "PUT /budgets/customers/acme/day" in refused.detail
    database.write(rows.put, ACME, soft=10 * CENT, hard=None, by="test")
    accepts(database, gate, quoted(1))


def test_before_any_quote_one_job_a_customer_is_accepted_while_anything_is_left(
    database: Database, gate: Gate, spend: Spend, wait: Wait
) -> None:
    hard(database, SERVICE, 10)
    accepts(database, gate, NO_QUOTE)
    wait(None)
    refused = refusal(database, gate, NO_QUOTE)
    assert (refused.code, refused.headers) == (Code.COST_UNKNOWN, {"Retry-After": "30"})
    accepts(database, gate, NO_QUOTE, "other")
    accepts(database, gate, quoted(10))
    spend(10 * CENT, "other")
    assert refusal(database, gate, NO_QUOTE, "third").code is Code.BUDGET_EXCEEDED
