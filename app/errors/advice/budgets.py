"""Advice on codes about budgets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.errors.advice._advice import Advice, Retry
from app.errors.codes import Code

_BUDGET: Final = {"scope": "customer", "period": "day"}
_RESETS: Final = {"resets_at": "2026-11-23T00:00:00+01:00"}

ADVICE: Final[Mapping[Code, Advice]] = {
    Code.BUDGET_EXCEEDED: Advice(
        "What was spent, what jobs that wait or run will cost and this job's quote are together more than a hard budget of "
        "the day or month. What the service spent is told to administrators only.",
        "Wait until the budget begins anew (`resets_at`, `Retry-After`), cancel jobs that wait, send a shorter one, or ask "
        "the operator for more. GET /budgets/me tells what is left.",
        Retry.LATER,
        "Your budget for this day does not allow this job: of $2.00, $1.52 are spent and $0.40 reserved by jobs that wait or "
        "run; it should cost $0.10. It begins anew at 2026-11-23 00:00 (Europe/Amsterdam).",
        _BUDGET | _RESETS | {"hard_usd": 2.0, "spent_usd": 1.52, "reserved_usd": 0.4, "quoted_usd": 0.1},
    ),
    Code.COST_UNKNOWN: Advice(
        "There is a hard budget, and either the card has no price, or what was spent already is not known, or no job has run "
        "yet that would tell what this one costs and another of the customer has not ended.",
        "Read `detail`: a first job is to be waited for (`Retry-After`); a price is for an operator to set.",
        Retry.LATER,
        "Your budget for this day is hard, and what a second of NVIDIA L4 costs is not known. An administrator can price it "
        "(PLAINVIEW_GPU_PRICES) or take the hard amount away (PUT /budgets/customers/acme/day).",
        _BUDGET | {"device_name": "NVIDIA L4"},
    ),
    Code.BUDGET_UNKNOWN: Advice(
        "A budget was to be removed that nobody set; one of a setting is changed by setting another.",
        "Look at GET /budgets for what counts, and at its `source`.",
        Retry.NO,
        "No budget of the day was set for customer acme; GET /budgets lists what counts.",
        {"scope": "customer", "customer": "acme", "period": "day"},
    ),
}
