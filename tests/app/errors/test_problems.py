from __future__ import annotations

import asyncio

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

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
