from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import DataError

from app.database.engine import Database
from app.errors import Code
from app.errors.documented import Problem


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "route_unknown"),
        ("PUT", "/jobs", 405, "method_not_allowed"),
        ("GET", "/status/not-an-id", 422, "invalid_input"),
        ("GET", f"/status/{'0' * 32}", 404, "job_unknown"),
        ("GET", f"/result/{'0' * 32}", 404, "job_unknown"),
    ],
)
async def test_every_error_has_the_one_shape(
    method: str, path: str, status: int, code: str, client: httpx.AsyncClient, acme: dict[str, str]
) -> None:
    answer = await client.request(method, path, headers=acme)
    problem = Problem.model_validate(answer.json())
    assert (answer.status_code, problem.status, problem.code) == (status, status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem.request_id == answer.headers["x-request-id"]
    assert problem.trace_id == answer.headers["traceparent"].split("-")[1]


async def test_broken_json_is_a_problem_too(client: httpx.AsyncClient, admin: dict[str, str]) -> None:
    headers = admin | {"Content-Type": "application/json"}
    answer = await client.post("/keys", headers=headers, content=b'{"customer":')
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


async def test_unhandled_exception_gives_ids_and_nothing_else(
    api: FastAPI, client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fail() -> None:
        raise RuntimeError("password is hunter2")

    api.add_api_route("/fails", fail)
    answer = await client.get("/fails")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert "hunter2" not in answer.text


async def test_query_that_the_database_refuses_is_a_failure_of_the_service(
    api: FastAPI, client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fail() -> None:
        raise DataError("SELECT 1", None, ValueError("hunter2"))

    api.add_api_route("/fails", fail)
    answer = await client.get("/fails")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")


@pytest.mark.parametrize("before", ["0001-01-01T00:00:00+10:00", "9999-12-31T23:00:00-10:00"])
async def test_moment_that_utc_cannot_hold_is_refused(
    client: httpx.AsyncClient, acme: dict[str, str], before: str
) -> None:
    answer = await client.get("/jobs", headers=acme, params={"before": before})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert answer.json()["errors"][0]["field"] == "before"


async def test_name_in_a_query_that_a_route_does_not_know_is_refused(
    client: httpx.AsyncClient, acme: dict[str, str]
) -> None:
    answer = await client.get("/jobs?statuss=failed&limit=1", headers=acme)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    allowed = "Did you mean status? Allowed: before, cursor, limit, status."
    assert answer.json()["errors"] == [{"field": "statuss", "value": "an unknown name", "message": allowed}]
    assert (await client.get("/jobs?statuss=failed")).status_code == 401
    assert (await client.get("/budgets/me?any=1", headers=acme)).status_code == 200


async def test_key_with_a_character_that_no_text_may_have_is_not_found(
    client: httpx.AsyncClient, admin: dict[str, str]
) -> None:
    answer = await client.delete("/keys/%01", headers=admin)
    assert (answer.status_code, answer.json()["code"]) == (404, "key_id_unknown")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/jobs", "GET, HEAD, OPTIONS"),
        ("PUT", "/keys", "GET, HEAD, OPTIONS, POST"),
        ("GET", "/generate", "OPTIONS, POST"),
        ("PUT", f"/status/{'0' * 32}", "GET, HEAD, OPTIONS"),
        ("POST", "/docs", "GET, HEAD, OPTIONS"),
    ],
)
async def test_method_that_is_not_allowed_is_answered_with_those_that_are(
    client: httpx.AsyncClient, method: str, path: str, allowed: str
) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["allow"] == allowed
    assert answer.json()["detail"] == f"{method} is not allowed at {path}; allowed: {allowed}."


@pytest.mark.parametrize(
    ("method", "path", "body", "detail"),
    [
        (
            "GET", "/status/xyz", None,
            "job_id: should be a job id as POST /generate gave it: 32 characters, 0 to 9 and a to f. Found 'xyz'.",
        ),
        ("POST", "/keys", {"customer": "a/b"}, "customer: should be 1 to 100 letters, digits, spaces and _ . @ + - only. Found 'a/b'."),
        ("POST", "/keys", {"customer": "  "}, "customer: should be 1 to 100 letters, digits, spaces and _ . @ + - only. Found '  '."),
        ("GET", "/jobs?limit=2000", None, "limit: Input should be less than or equal to 1000. Found '2000'."),
        ("POST", "/keys", [], "body: should be an object. Found []."),
        ("POST", "/keys", {"customer": None}, "customer: Input should be a valid string. Found null."),
        ("POST", "/keys", {"customer": "a", "scopes": "jobs:read"}, "scopes: should be a list. Found 'jobs:read'."),
        (
            "POST", "/keys", {"customer": "a", "expires_at": 99999999999999},
            "expires_at: should be a moment in RFC 3339, such as 2026-11-21T12:00:00Z. Found 99999999999999.",
        ),
        (
            "POST", "/keys", {"customer": "a", "expires_at": "2030-01-01T00:00:00"},
            "expires_at: should say its offset from UTC, such as 2026-11-21T12:00:00Z. Found '2030-01-01T00:00:00'.",
        ),
        (
            "PUT", "/budgets/service/day", {"soft_usd": 2, "hard_usd": 1},
            'body: soft_usd=2 should be at most hard_usd=1. Found {"soft_usd": 2, "hard_usd": 1}.',
        ),
        (
            "GET", "/usage?since=2100-01-01T00:00:00Z", None,
            "since=2100-01-01T00:00:00+00:00 cannot be used: should be in the past unless until is given.",
        ),
    ],
)  # fmt: skip
async def test_field_that_cannot_be_used_is_explained_in_plain_words(
    client: httpx.AsyncClient, admin: dict[str, str], method: str, path: str, body: Any, detail: str
) -> None:
    answer = await client.request(method, path, headers=admin, json=body)
    assert (answer.status_code, answer.json()["detail"]) == (422, detail)


async def test_scope_that_a_key_cannot_have_is_shown_as_it_was_sent(
    client: httpx.AsyncClient, admin: dict[str, str]
) -> None:
    made = (await client.post("/keys", headers=admin, json={"customer": "acme"})).json()
    answer = await client.patch(f"/keys/{made['id']}", headers=admin, json={"scopes": ["keys:admin"]})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["value"] == '["keys:admin"]'


@pytest.mark.parametrize(
    ("body", "media_type", "status", "detail"),
    [
        (
            b"{}", "text/plain", 422,
            "body: should be JSON, with the header Content-Type: application/json. Found something else.",
        ),
        (
            b'{"a": "\xff"}', "application/json", 400,
            "The body cannot be read as JSON: it is not UTF-8, or nested too deep.",
        ),
        (
            b"[" * 30_000, "application/json", 400,
            "The body cannot be read as JSON: it is not UTF-8, or nested too deep.",
        ),
    ],
    ids=["another-type", "not-utf-8", "too-deep"],
)  # fmt: skip
async def test_body_that_is_no_json_is_explained(
    client: httpx.AsyncClient, admin: dict[str, str], body: bytes, media_type: str, status: int, detail: str
) -> None:
    answer = await client.post("/quote", headers={**admin, "Content-Type": media_type}, content=body)
    assert (answer.status_code, answer.json()["detail"]) == (status, detail)


async def test_no_depth_of_a_body_is_a_failure_of_the_service(client: httpx.AsyncClient, admin: dict[str, str]) -> None:
    """What can just be read may be too deep to be shown."""
    headers = {**admin, "Content-Type": "application/json"}
    bodies = ['{"customer":' + "[" * depth + "]" * depth + "}" for depth in range(500, 1000, 5)]
    found = {(await client.post("/keys", headers=headers, content=body)).status_code for body in bodies}
    assert found == {400, 422}


async def test_database_that_does_not_answer_is_503(
    client: httpx.AsyncClient, acme: dict[str, str], database: Database
) -> None:
    await client.get("/jobs", headers=acme)
    await asyncio.to_thread(
        database.write, lambda connection: connection.execute(text("ALTER TABLE job RENAME TO gone"))
    )
    answer = await client.get("/jobs", headers=acme)
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert "gone" not in answer.text
    assert answer.headers["retry-after"] == "5"


def test_codes_are_named_for_their_status() -> None:
    assert all(400 <= code.status < 600 for code in Code)
    assert len({code.title for code in Code}) == len(Code)
