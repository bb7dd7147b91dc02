"""docs/API.md says what is so."""

from __future__ import annotations

import re
from pathlib import Path

from fastapi import FastAPI

from app.errors import Code
from app.errors.advice import ADVICE, Retry
from app.errors.documented import Problem
from app.events.feed import MOST_OF_ONE
from app.jobs.schemas import ALLOWED

_GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "API.md").read_text(encoding="utf-8")


def test_limits_are_those_of_the_code() -> None:
    for field, allowed in ALLOWED.items():
        assert f"| {field} | {allowed} |" in _GUIDE
    assert f"| streams of a customer | {MOST_OF_ONE} in each process |" in _GUIDE


def test_every_address_of_the_guide_exists(api: FastAPI) -> None:
    paths = api.openapi()["paths"]
    named = re.findall(r"`(GET|POST) (/[a-z/]+(?:\{job_id\}|\{key_id\}[a-z/]*)?)`", _GUIDE)
    assert len(named) > 12
    assert [f"{method} {path}" for method, path in named if method.lower() not in paths.get(path, {})] == []


def test_statuses_to_try_again_are_those_of_the_advice() -> None:
    said = re.search(r"\n\| ([\d, ]+) \| no: the same", _GUIDE)
    assert said is not None
    never = {int(status) for status in said[1].split(", ")}
    by_status = {code.status: {ADVICE[other].retry for other in Code if other.status == code.status} for code in Code}
    assert {status for status, retries in by_status.items() if retries == {Retry.NO}} <= never | {402, 409, 412}
    assert not any(Retry.LATER in by_status.get(status, set()) for status in never - {400})


def test_codes_and_fields_of_the_guide_exist() -> None:
    codes = {code.code for code in Code}
    assert set(re.findall(r"\d{3} `([a-z_]+)`", _GUIDE)) <= codes
    shown = re.search(r"```json\n(.*?)```", _GUIDE, re.DOTALL)
    assert shown is not None
    assert Problem.model_validate_json(shown[1]).code in codes
