"""What keeps requests and dependencies from each other: limits, breakers, second tries."""

from __future__ import annotations

from dashboards import queries as q
from dashboards.model import About, Panel, Query, Row
from dashboards.panels import timeseries
from telemetry import catalog

NO_LIMITER = "No process has a limiter yet"
NO_BREAKER = "No process has a breaker yet"


def row() -> Row:
    return Row("Limits and breakers", (decisions(), checks(), alone(), breakers(), not_made(), retries()))


def decisions() -> Panel:
    about = About(
        "Limit decisions",
        "Requests per second that limits let through or refused, and key checks after many failed ones. Many refusals are a caller that asks too often, or limits that are too narrow.",
        unit="reqps",
        empty=NO_LIMITER,
    )
    selector = q.select(catalog.RATE_LIMIT_DECISIONS)
    return timeseries(
        about, Query(q.rate(selector, "limiter", "tier", "outcome"), "{{limiter}} {{tier}} {{outcome}}"), style="lines"
    )


def checks() -> Panel:
    about = About(
        "Time of a limit check p99",
        "99 of 100 checks were faster. Below a millisecond with Redis, some ten microseconds without; every request waits that long.",
        unit="s",
        empty=NO_LIMITER,
    )
    return timeseries(about, Query(q.quantile(0.99, catalog.RATE_LIMIT_DURATION, "limiter"), "{{limiter}}"))


def alone() -> Panel:
    about = About(
        "Limits counted by each process",
        "1 while Redis is away and each process counts for itself, so that a caller may get several times its limit.",
        unit="short",
        empty=NO_LIMITER,
    )
    degraded = f"max by (job) ({q.select(catalog.RATE_LIMIT_DEGRADED)})"
    return timeseries(about, Query(degraded, "{{job}}"), top=1, decimals=0)


def breakers() -> Panel:
    about = About(
        "Breakers that are not closed",
        "Processes that leave a dependency alone (open) or ask it by one call (half open). Any for longer than a few seconds is a dependency that is away.",
        unit="short",
        empty=NO_BREAKER,
    )
    selector = q.select(catalog.BREAKER_STATE, 'state!="closed"')
    return timeseries(
        about, Query(q.total(selector, "job", "breaker", "state"), "{{job}} {{breaker}} {{state}}"), top=1, decimals=0
    )


def not_made() -> Panel:
    about = About(
        "Calls that failed or were not made",
        "Calls per second through breakers that failed, or that an open breaker kept from being made.",
        unit="ops",
        empty=NO_BREAKER,
    )
    selector = q.select(catalog.BREAKER_CALLS, 'outcome=~"failed|rejected"')
    return timeseries(about, Query(q.rate(selector, "breaker", "outcome"), "{{breaker}} {{outcome}}"))


def retries() -> Panel:
    about = About(
        "Second tries",
        "Calls that were made again after an error, in the hour before each point. Some are what they are for; many are a dependency that is about to fail.",
        unit="short",
        empty="None so far",
    )
    selector = q.select(catalog.RETRIES)
    return timeseries(about, Query(q.counted(selector, "1h", "operation"), "{{operation}}"), style="bars", decimals=0)
