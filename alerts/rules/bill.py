"""The provider's bill, where one is read."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from alerts import thresholds
from alerts.expressions import kept, limit, value_of
from alerts.rule import Rule
from dashboards.queries import counted, select
from telemetry import catalog

BILL_MONTH: Final = select(catalog.PROVIDER_BILL, 'period="month"')
BILL: Final = f"sum (max by (provider) ({kept(BILL_MONTH)}))"
PAID_MONTH: Final = select(catalog.PAID_PERIOD, 'period="month"')
METERED: Final = f"max ({kept(PAID_MONTH)})"
APART: Final = f"abs({BILL} - {METERED})"
#: A provider's time of success is kept while it is not readable: what it last showed is what counts.
SINCE: Final = f"time() - max by (provider) ({catalog.PROVIDER_BILL_LAST_SUCCESS.name})"

RULES: Final = (
    Rule(
        alert="BillDiffers",
        group="bill",
        # The bill is not shown when it is old, and so nothing is compared with an old one.
        expr=f"""\
{APART}
  > {limit(thresholds.BILL_USD)}
and
{APART}
  > {limit(thresholds.BILL_RATIO)} * {BILL}""",
        hold=timedelta(hours=1),
        severity="ticket",
        summary='The bill of the month and the metered cost are ${{ $value | printf "%.2f" }} apart',
        description=(
            f'The provider charged ${{{{ with query `{BILL}` }}}}{{{{ . | first | value | printf "%.2f" }}}}{{{{ end }}}} this month, '
            f'devices were metered at ${{{{ with query `{METERED}` }}}}{{{{ . | first | value | printf "%.2f" }}}}{{{{ end }}}}; '
            f"the threshold is {{{{ {value_of(thresholds.BILL_RATIO)} | humanizePercentage }}}} of the bill. "
            "Other uses of the account, storage or a wrong price are the usual reasons."
        ),
        dashboard="plainview-cost",
    ),
    Rule(
        alert="BillUnreadable",
        group="bill",
        # Attempts become an hour apart, and one may be late.
        expr=f"""\
{counted(select(catalog.PROVIDER_BILL_ERRORS), "3h", "provider")} > 0
unless on (provider)
{SINCE}
  < {limit(thresholds.BILL_SECONDS)}""",
        hold=timedelta(minutes=15),
        severity="ticket",
        summary="The bill of {{ $labels.provider }} cannot be read",
        description=(
            '{{ $value | printf "%.0f" }} attempts to read the bill of {{ $labels.provider }} failed in 3 hours, and none succeeded in '
            f"{{{{ {value_of(thresholds.BILL_SECONDS)} | humanizeDuration }}}}. What is charged beyond the metered cost is not seen."
        ),
        dashboard="plainview-cost",
    ),
)
