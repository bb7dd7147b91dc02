"""What one customer has, another can neither see nor change: every operation of the OpenAPI document is asked for it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import httpx
import pytest
from fastapi import FastAPI

from app.application import create_app
from app.generation.confined import Examiner
from app.keys.key import Key
from app.keys.scopes import ADMIN_ONLY
from app.settings import Settings
from telemetry import Telemetry
from tests.app.conftest import client_of, headers_of
from tests.app.finished import finished_job

Form = dict[str, tuple[str | None, bytes]]
VIDEO: Final = b"confidential video" * 100
PROMPT: Final = "A confidential announcement"
BUDGET: Final = 31.25
NAME: Final = {"Idempotency-Key": "a-name-that-both-chose"}
#: What is answered otherwise than with 404 where there is something.
CONDITIONS: Final = ({"If-None-Match": "*"}, {"If-Match": '"another"'}, {"Range": "bytes=99999999-"})
_DIFFERS: Final = re.compile(r"[0-9a-f]{16,}|\d{4}-\d\d-\d\dT[0-9:.]+")


@dataclass(frozen=True)
class Owned:
    """A job and the key and customer that it belongs to."""

    job_id: str
    key: Key

    def address(self, path: str) -> str:
        return path.format(job_id=self.job_id, key_id=self.key.id, customer=self.key.customer, period="day")


@pytest.fixture
def app(settings: Settings, telemetry: Telemetry, examiner: Examiner) -> FastAPI:
    return create_app(settings.model_copy(update={"cache_scope": "customer"}), telemetry, examiner=examiner)


@pytest.fixture
async def service(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


@pytest.fixture
async def rival(settings: Settings) -> dict[str, str]:
    """Headers of another customer."""
    return await headers_of(settings, "rival")


@pytest.fixture
def secret_form(form: Form) -> Form:
    return form | {"prompt": (None, PROMPT.encode())}


@pytest.fixture
async def owned(
    service: httpx.AsyncClient, settings: Settings, acme: dict[str, str], admin: dict[str, str], secret_form: Form
) -> tuple[Owned, Owned]:
    """What the customer acme has: a job that waits and one that has ended, and a budget."""
    (key,) = (await service.get("/keys", headers=admin, params={"customer": "acme"})).json()["keys"]
    sent = await service.post("/generate", headers=acme | NAME, files=secret_form)
    budget = await service.put("/budgets/customers/acme/day", headers=admin, json={"hard_usd": BUDGET})
    assert (sent.status_code, budget.status_code) == (202, 200)
    finished = await asyncio.to_thread(finished_job, settings, "acme", VIDEO)
    names = {name: key[name] for name in ("id", "prefix", "customer", "role", "tier", "created_at")}
    return tuple(Owned(job_id, Key(**names)) for job_id in (sent.json()["job_id"], finished))  # fmt: skip


def operations(app: FastAPI) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield method, path and description of what a key or an id opens, HEAD like GET."""
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            if ("security" in operation or "{" in path) and path != "/generate":
                yield from ((each, path, operation) for each in {"get": ("GET", "HEAD")}.get(method, (method.upper(),)))


def asked(app: FastAPI, operation: dict[str, Any], owned: Owned) -> dict[str, Any]:
    """Return query and body: the document's example, in the name of the owner."""
    known = {"customer": owned.key.customer, "expires": 2**35, "signature": "x" * 43}
    query = {name: known[name] for each in operation.get("parameters", ()) if (name := each["name"]) in known}
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return {"params": query}
    schema = app.openapi()["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
    return {"params": query, "json": schema["examples"][0]}


def expected(path: str, operation: dict[str, Any]) -> tuple[int, str]:
    """Return how anybody is answered who asks for what is somebody else's, or for his own where nobody else can be named."""
    if "{job_id}" in path:
        return (404, "job_unknown") if "security" in operation else (403, "link_invalid")
    (needed,) = (set(scopes) for security in operation["security"] for scopes in security.values())
    if needed & ADMIN_ONLY:
        return 403, "role_required"
    return (403, "scope_required") if path == "/health/deep" else (200, "")


def told(answer: httpx.Response) -> tuple[str, ...]:
    """Return the answer without ids and times, which differ each time."""
    headers = (f"{name}: {value}" for name, value in answer.headers.items() if name != "content-length")
    return tuple(_DIFFERS.sub("…", text) for text in (answer.text, *headers))


async def test_another_customers_things_are_answered_for_as_if_they_were_not_there(
    app: FastAPI, service: httpx.AsyncClient, rival: dict[str, str], owned: tuple[Owned, Owned]
) -> None:
    key = owned[0].key
    nobody = Owned("0" * 32, replace(key, id="1" * 32, customer="nemo"))
    for method, path, operation in operations(app):
        for condition in ({}, *CONDITIONS) if "{job_id}" in path else ({},):
            answers = [
                await service.request(method, each.address(path), headers=rival | condition, **asked(app, operation, each))
                for each in (nobody, *owned)
            ]  # fmt: skip
            status, code = expected(path, operation)
            for answer in answers:
                assert answer.status_code == status, f"{method} {path} {condition}: {answer.text}"
                assert f'"code":"{code}"' in answer.text or not code or method == "HEAD", answer.text
                assert not [text for text in (PROMPT, str(BUDGET), VIDEO.decode()) if text in answer.text], answer.text
            unknown, *known = map(told, answers)
            assert known == [unknown, unknown], f"{method} {path} {condition} tells what there is"


async def test_nothing_of_another_customers_was_changed_and_the_owner_sees_it(
    app: FastAPI,
    service: httpx.AsyncClient,
    rival: dict[str, str],
    acme: dict[str, str],
    admin: dict[str, str],
    owned: tuple[Owned, Owned],
) -> None:
    waiting, finished = owned
    for method, path, operation in operations(app):
        for each in owned:
            await service.request(method, each.address(path), headers=rival, **asked(app, operation, each))
    assert (await service.get(f"/status/{waiting.job_id}", headers=acme)).json()["status"] == "queued"
    assert (await service.get(f"/result/{finished.job_id}", headers=acme)).content == VIDEO
    assert [job["job_id"] for job in (await service.get("/jobs", headers=acme)).json()["jobs"]] == [
        finished.job_id,
        waiting.job_id,
    ]
    key = (await service.get(f"/keys/{waiting.key.id}", headers=admin)).json()
    assert (key["status"], key["replaced_by"], key["tier"], key["expires_at"]) == ("active", None, "standard", None)
    assert [budget["hard_usd"] for budget in key["budgets"] if budget["period"] == "day"] == [BUDGET]
    assert len((await service.get("/keys", headers=admin)).json()["keys"]) == len((acme, admin, rival))


async def test_the_same_submit_of_another_customer_is_another_job(
    service: httpx.AsyncClient, rival: dict[str, str], owned: tuple[Owned, Owned], form: Form, secret_form: Form
) -> None:
    """Neither the name of a submit nor its contents find what another customer has sent."""
    mine = []
    for fields, headers in ((secret_form, {}), (secret_form, NAME), (form, {"Idempotency-Key": "another"})):
        sent = await service.post("/generate", headers=rival | headers, files=fields)
        assert sent.status_code == 202, sent.text
        assert "idempotent-replayed" not in sent.headers
        mine.append((sent.headers["x-cache"], sent.json()["job_id"]))
    assert [cache for cache, _ in mine] == ["miss", "joined", "miss"]
    assert not {job_id for _, job_id in mine} & {each.job_id for each in owned}
    conflict = await service.post("/generate", headers=rival | NAME, files=form)
    assert (conflict.status_code, conflict.json()["context"]) == (409, {"job_id": mine[1][1]})
    (await service.get("/jobs", headers=rival)).raise_for_status()
