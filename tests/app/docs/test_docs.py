from __future__ import annotations

import re

import httpx
import pytest

from app.application import create_app
from app.errors import Code
from app.generation.confined import Examiner
from app.keys.schemas import NewKey
from app.settings import Settings
from telemetry import Telemetry
from tests.app.conftest import client_of


async def test_reference_needs_nothing_from_elsewhere_and_runs_no_script(client: httpx.AsyncClient) -> None:
    answer = await client.get("/docs")
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "<script" not in answer.text
    assert re.findall(r'(?:src|href)="(?:https?:)?//', answer.text) == []
    for path in ("/generate", "/status/{job_id}", "/result/{job_id}", "/cancel/{job_id}", "/jobs", "/keys"):
        assert f" {path}</code>" in answer.text


async def test_examples_call_the_address_that_users_have(
    settings: Settings, telemetry: Telemetry, examiner: Examiner
) -> None:
    public = settings.model_copy(update={"public_url": "https://video.example.com/"})
    async with client_of(create_app(public, telemetry, examiner=examiner)) as client:
        assert "https://video.example.com/generate" in (await client.get("/docs")).text


async def test_problem_types_point_at_an_entry(client: httpx.AsyncClient) -> None:
    page = (await client.get("/docs/errors")).text
    assert [code.code for code in Code if f'id="{code.code}"' not in page] == []
    style = await client.get("/docs/style.css")
    assert style.headers["content-type"].startswith("text/css")


async def test_openapi_has_the_scheme_the_body_examples_and_the_error_shape(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    assert document["components"]["securitySchemes"]["API key"]["scheme"] == "bearer"
    generate = document["paths"]["/generate"]["post"]
    assert generate["security"] == [{"API key": ["jobs:write"]}]
    body = generate["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert set(body["properties"]) == {"image", "audio", "prompt"}
    assert document["components"]["schemas"]["Accepted"]["examples"]
    assert "HTTPValidationError" not in document["components"]["schemas"]


@pytest.mark.parametrize("example", NewKey.model_config["json_schema_extra"]["examples"])
def test_example_of_a_key_is_valid(example: dict[str, str]) -> None:
    NewKey.model_validate(example)
