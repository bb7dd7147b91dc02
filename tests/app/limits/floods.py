"""Floods of requests whose limit Redis decided: on a machine so busy that Redis is late, processes decide alone for a while."""

from __future__ import annotations

import urllib.request
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

import pytest
from prometheus_client.parser import text_string_to_metric_families

FLOODS: Final = 5


def decided_by_redis(urls: Sequence[str], flood: Callable[[int], Counter[int]]) -> Counter[int]:
    """Return what became of the first flood that Redis decided alone.

    Args:
        urls: of every api that is asked.
        flood: asks for a customer of its own, by the number of the try, and counts the answers by status.
    """
    for number in range(FLOODS):
        before = _asked_in_vain(urls)
        answers = flood(number)
        if _asked_in_vain(urls) == before:
            return answers
    pytest.fail(f"Redis has not decided any of {FLOODS} floods alone")


def _asked_in_vain(urls: Sequence[str]) -> float:
    return sum(
        sample.value
        for url in urls
        for family in text_string_to_metric_families(_metrics(url))
        for sample in family.samples
        if sample.name == "circuit_breaker_calls_total"
        and sample.labels["breaker"] == "redis"
        and sample.labels["outcome"] != "succeeded"
    )


def _metrics(url: str) -> str:
    with urllib.request.urlopen(f"{url}/metrics", timeout=30) as answer:  # noqa: S310 - our own address
        text: str = answer.read().decode()
    return text
