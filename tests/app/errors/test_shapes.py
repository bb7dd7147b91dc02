"""What is refused before or beside any route has the one shape too."""

from __future__ import annotations

import errno
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from starlette.exceptions import HTTPException

from app.errors.documented import Problem


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "code"),
    [
        ("BREW", "/jobs", {}, 501, "method_unknown"),
        ("TRACE", "/jobs", {}, 405, "method_not_allowed"),
        ("GET", "/jobs?" + "a" * 9000, {}, 414, "address_too_long"),
        ("GET", "/" + "a" * 9000, {}, 414, "address_too_long"),
        ("GET", "/jobs", {"X-Long": "a" * 40_000}, 431, "headers_too_large"),
        ("GET", "/status/%00", {}, 400, "bad_request"),
        ("GET", "/jobs?cursor=a%00b", {}, 400, "bad_request"),
        ("GET", "/jobs/", {}, 404, "route_unknown"),
        ("GET", "/status/%ff%fe", {}, 401, "key_missing"),
        ("GET", "/%zz/%", {}, 404, "route_unknown"),
    ],
)
async def test_what_cannot_be_a_request_is_a_problem(
    method: str, path: str, headers: dict[str, str], status: int, code: str, client: httpx.AsyncClient
) -> None:
    answer = await client.request(method, path, headers=headers)
    problem = Problem.model_validate(answer.json())
    assert (answer.status_code, problem.code) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem.request_id == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "bad_request"),
        (404, "route_unknown"),
        (406, "not_acceptable"),
        (408, "request_timeout"),
        (411, "length_required"),
        (412, "precondition_failed"),
        (413, "body_too_large"),
        (414, "address_too_long"),
        (415, "media_type_unsupported"),
        (416, "range_not_satisfiable"),
        (418, "http_error"),
        (422, "invalid_input"),
        (431, "headers_too_large"),
        (501, "method_unknown"),
        (503, "upstream_unavailable"),
    ],
)
async def test_status_of_the_framework_gets_its_code(
    api: FastAPI, client: httpx.AsyncClient, status: int, code: str
) -> None:
    async def refuse() -> None:
        raise HTTPException(status)

    api.add_api_route("/refuses", refuse)
    answer = await client.get("/refuses")
    assert (answer.status_code, answer.json()["status"], answer.json()["code"]) == (status, status, code)


@pytest.mark.parametrize(
    ("number", "status", "code"),
    [
        (errno.ENOSPC, 507, "storage_full"),
        (errno.EROFS, 503, "storage_unavailable"),
        (errno.EIO, 503, "storage_unavailable"),
        (errno.EBADF, 500, "internal"),
    ],
)
async def test_failing_storage_is_told_from_failing_code(
    api: FastAPI,
    client: httpx.AsyncClient,
    capsys: pytest.CaptureFixture[str],
    number: int,
    status: int,
    code: str,
) -> None:
    async def fail() -> None:
        raise OSError(number, "hunter2", "/data/secret")

    api.add_api_route("/fails", fail)
    answer = await client.get("/fails")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "hunter2" not in answer.text
    assert "secret" not in answer.text


async def test_every_field_at_fault_is_listed(client: httpx.AsyncClient, admin: dict[str, str]) -> None:
    answer = await client.get("/jobs?limit=0&status=lost&before=yesterday", headers=admin)
    assert {error["field"] for error in answer.json()["errors"]} == {"limit", "status", "before"}


@pytest.mark.parametrize(
    "body",
    [
        b'{"customer": "\\ud800"}',
        b'{"\\ud800": 1, "customer": "acme"}',
        b'{"customer": NaN}',
        b"\xff",
        b"[" * 50_000,
        b"null",
    ],
)
async def test_body_that_no_text_can_hold_is_refused(
    client: httpx.AsyncClient, admin: dict[str, str], body: bytes
) -> None:
    answer = await client.post("/keys", headers=admin | {"Content-Type": "application/json"}, content=body)
    assert answer.status_code in {400, 422}
    assert Problem.model_validate(json.loads(answer.content)).code in {"bad_request", "invalid_input"}


@pytest.mark.parametrize("path", ["/health/live", "/docs", "/openapi.json", "/jobs", "/keys"])
async def test_head_is_get_without_a_body(client: httpx.AsyncClient, admin: dict[str, str], path: str) -> None:
    head, get = await client.head(path, headers=admin), await client.get(path, headers=admin)
    assert (head.status_code, head.headers["content-length"]) == (200, get.headers["content-length"])


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/jobs", "GET, HEAD, OPTIONS"), ("/keys", "GET, HEAD, OPTIONS, POST"), ("/generate", "OPTIONS, POST")],
)
async def test_options_are_told_without_a_key(client: httpx.AsyncClient, path: str, allowed: str) -> None:
    answer = await client.options(path)
    assert (answer.status_code, answer.headers["allow"], answer.content) == (204, allowed, b"")


async def test_options_of_nothing_are_unknown(client: httpx.AsyncClient) -> None:
    assert (await client.options("/nowhere")).status_code == 404


async def test_large_json_is_refused_before_it_is_read_and_before_the_key(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json"}

    async def endless() -> AsyncIterator[bytes]:
        yield b"["
        for _ in range(100):
            yield b" " * 10_000

    for body in (b" " * 100_000, endless()):
        answer = await client.post("/keys", headers=headers, content=body)
        problem = Problem.model_validate(answer.json())
        assert (answer.status_code, problem.code) == (413, "body_too_large")
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/jobs", "no-store"),
        ("/keys", "no-store"),
        ("/nowhere", "no-store"),
        ("/health", "no-store"),
        ("/docs", "no-cache"),
    ],
)
async def test_nothing_that_a_key_opened_is_kept(
    client: httpx.AsyncClient, admin: dict[str, str], path: str, kept: str
) -> None:
    assert (await client.get(path, headers=admin)).headers.get_list("cache-control") == [kept]
