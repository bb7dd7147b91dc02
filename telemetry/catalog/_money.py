"""Money."""

from typing import Final

from telemetry.catalog._metric import Metric

COST: Final = Metric(
    "cost_usd_total",
    "counter",
    "Cost of device time, by kind (job, retry, cancelled, failed, idle, overhead).",
    unit="usd",
    labels=("kind",),
    source="worker",
)
COST_ATTRIBUTED: Final = Metric(
    "cost_attributed_usd_total",
    "counter",
    "Cost of device time by who caused it; customers beyond the bound are `other`.",
    unit="usd",
    labels=("customer", "operation"),
    source="worker",
    bound=50,
)
COST_PERIOD: Final = Metric(
    "cost_period_usd",
    "gauge",
    "Cost so far in the calendar day or month of the configured time zone, summed from the database.",
    unit="usd",
    labels=("period",),
    source="service",
)
PAID_PERIOD: Final = Metric(
    "paid_period_usd",
    "gauge",
    "What devices cost so far in the calendar day or month, idle time and overhead included, summed from the ledger.",
    unit="usd",
    labels=("period",),
    source="service",
)
PAID_KIND_PERIOD: Final = Metric(
    "paid_kind_period_usd",
    "gauge",
    "What devices cost so far in the calendar day or month by kind (job, retry, cancelled, failed, idle, overhead), summed from the ledger.",
    unit="usd",
    labels=("kind", "period"),
    source="service",
)
COST_CUSTOMER_PERIOD: Final = Metric(
    "cost_customer_period_usd",
    "gauge",
    "Cost of the customers with the most so far in the calendar day or month, summed from the ledger; the rest is `other`.",
    unit="usd",
    labels=("customer", "period"),
    source="service",
)
COST_MODEL_PERIOD: Final = Metric(
    "cost_model_period_usd",
    "gauge",
    "Cost of the models with the most so far in the calendar day or month, summed from the ledger; the rest is `other`.",
    unit="usd",
    labels=("model", "period"),
    source="service",
)
UNPRICED_PERIOD: Final = Metric(
    "unpriced_period_seconds",
    "gauge",
    "Seconds so far in the calendar day or month that devices of unknown price were held; their cost is in no other series.",
    unit="seconds",
    labels=("period",),
    source="service",
)
ENERGY_PERIOD: Final = Metric(
    "energy_period_joules",
    "gauge",
    "Energy of work so far in the calendar day or month, summed from the ledger. `source`: counter (the card's energy counter), power (samples of its power), unknown (booked by an older version).",
    unit="joules",
    labels=("period", "source"),
    values={"source": ("counter", "power", "unknown")},
    source="service",
)
ENERGY_CUSTOMER_PERIOD: Final = Metric(
    "energy_customer_period_joules",
    "gauge",
    "Energy of the work of the customers with the most so far in the calendar day or month; the rest is `other`.",
    unit="joules",
    labels=("customer", "period"),
    source="service",
)
ENERGY_COST_PERIOD: Final = Metric(
    "energy_cost_period_usd",
    "gauge",
    "Cost of the energy of work so far in the calendar day or month, beside the cost of devices; absent unless a price is set.",
    unit="usd",
    labels=("period",),
    source="service",
)
ENERGY_CO2_PERIOD: Final = Metric(
    "energy_co2_period_grams",
    "gauge",
    "CO2 of the energy of work so far in the calendar day or month; absent unless a carbon intensity is set.",
    unit="grams",
    labels=("period",),
    source="service",
)
BUDGET: Final = Metric(
    "budget_usd",
    "gauge",
    "Budget of the calendar day or month that alerts are held against; absent when none is set.",
    unit="usd",
    labels=("period",),
    source="service",
)
BUDGET_HARD: Final = Metric(
    "budget_hard_usd",
    "gauge",
    "Budget of the calendar day or month beyond which jobs are refused; absent when none is set.",
    unit="usd",
    labels=("period",),
    source="service",
)
COST_RESERVED: Final = Metric(
    "cost_reserved_usd",
    "gauge",
    "What jobs that wait or run are still expected to cost, by their quotes.",
    unit="usd",
    source="service",
)
COST_FORECAST: Final = Metric(
    "cost_forecast_usd",
    "gauge",
    "Cost at the end of the calendar day or month if it goes on like this since it began, or since the first job of all; absent in the first tenth of that time.",
    unit="usd",
    labels=("period",),
    source="service",
)
CUSTOMER_BUDGET_USED: Final = Metric(
    "customer_budget_used_ratio",
    "gauge",
    "Cost so far in the calendar day or month over the customer's budget, for the customers nearest to theirs.",
    unit="ratio",
    labels=("customer", "period"),
    source="service",
    bound=20,
)
CUSTOMER_BUDGET_FORECAST: Final = Metric(
    "customer_budget_forecast_ratio",
    "gauge",
    "Cost at the end of the calendar day or month, if it goes on like this, over the customer's budget; the same customers.",
    unit="ratio",
    labels=("customer", "period"),
    source="service",
    bound=20,
)
BUDGET_REFUSALS: Final = Metric(
    "budget_refusals_total",
    "counter",
    "Jobs that a hard budget refused, by scope (service, customer), period and problem code.",
    labels=("scope", "period", "code"),
    source="service",
)
BUDGET_CHANGES: Final = Metric(
    "budget_changes_total",
    "counter",
    "Budgets set or removed, by scope (service, default, customer).",
    labels=("scope", "action"),
    source="service",
)
GPU_PRICE: Final = Metric(
    "gpu_second_price_usd",
    "gauge",
    "Price of one second of one device.",
    unit="usd",
    labels=("device",),
    source="worker",
)
GPU_IDLE: Final = Metric(
    "gpu_idle_seconds",
    "gauge",
    "Seconds since work last held the device of this worker, or since it could; 0 while work holds it.",
    unit="seconds",
    labels=("device",),
    source="worker",
)
GPU_UNPRICED: Final = Metric(
    "gpu_unpriced_seconds_total",
    "counter",
    "Seconds that work held a card whose price is not known; their cost is in no other series.",
    unit="seconds",
    labels=("operation", "device_name"),
    source="worker",
)
PROVIDER_BILL: Final = Metric(
    "provider_bill_usd",
    "gauge",
    "What the provider of the GPUs charged so far in the calendar day or month; absent while unknown.",
    unit="usd",
    labels=("provider", "period"),
    source="service",
)
PROVIDER_BILL_LAST_SUCCESS: Final = Metric(
    "provider_bill_last_success_timestamp_seconds",
    "gauge",
    "Unix time at which the provider's bill was last read.",
    unit="seconds",
    labels=("provider",),
    source="service",
    processes="max",
)
PROVIDER_BILL_ERRORS: Final = Metric(
    "provider_bill_errors_total",
    "counter",
    "Attempts to read the provider's bill that failed, by reason.",
    labels=("provider", "reason"),
    source="service",
)
