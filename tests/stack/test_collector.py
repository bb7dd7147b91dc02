"""The collector's configuration against what its documentation allows, the catalog and docker-compose.yml.

The fields are those of the READMEs of the components at v0.160: an unknown one keeps a collector from starting.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any

import jsonschema
import pytest
import yaml

from stack.paths import PROJECT
from telemetry import TelemetrySettings
from telemetry.catalog import Attribute

CONFIG: dict[str, Any] = yaml.safe_load((PROJECT / "stack/collector/config.yml").read_text())
MAIN: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
OVERRIDE: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.tail-sampling.yml").read_text())


def record(required: tuple[str, ...] = (), **fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(required), "additionalProperties": False}


DURATION = {"type": "string", "pattern": r"^\d+(ms|s|m|h)$"}
COUNT = {"type": "integer", "minimum": 1}
TEXT = {"type": "string"}
ADDRESS = {"type": "string", "pattern": r"^[\w.]+:\d+$"}
POLICIES = {
    "status_code": record(
        ("status_codes",), status_codes={"type": "array", "items": {"enum": ["OK", "ERROR", "UNSET"]}, "minItems": 1}
    ),
    "latency": record(("threshold_ms",), threshold_ms=COUNT, upper_threshold_ms=COUNT),
    "string_attribute": record(
        ("key", "values"),
        key=TEXT,
        values={"type": "array", "items": TEXT, "minItems": 1},
        enabled_regex_matching={"type": "boolean"},
        cache_max_size=COUNT,
    ),
    "probabilistic": record(
        ("sampling_percentage",),
        sampling_percentage={"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^\$\{env:\w+:-\d+\}$"}]},
        hash_salt=TEXT,
    ),
}
POLICY = {
    "oneOf": [
        record(("name", "type", kind), name=TEXT, type={"const": kind}, **{kind: fields})
        for kind, fields in POLICIES.items()
    ]
}
SCHEMA = record(
    ("extensions", "receivers", "processors", "exporters", "service"),
    extensions=record(health_check=record(endpoint=ADDRESS, path=TEXT)),
    receivers=record(otlp=record(protocols=record(http=record(endpoint=ADDRESS), grpc=record(endpoint=ADDRESS)))),
    processors=record(
        memory_limiter=record(
            ("check_interval", "limit_mib"), check_interval=DURATION, limit_mib=COUNT, spike_limit_mib=COUNT
        ),
        tail_sampling=record(
            ("policies",),
            decision_wait=DURATION,
            num_traces=COUNT,
            expected_new_traces_per_sec=COUNT,
            decision_cache=record(sampled_cache_size=COUNT, non_sampled_cache_size=COUNT),
            sample_on_first_match={"type": "boolean"},
            drop_pending_traces_on_shutdown={"type": "boolean"},
            policies={"type": "array", "items": POLICY, "minItems": 1},
        ),
        batch=record(send_batch_size=COUNT, send_batch_max_size=COUNT, timeout=DURATION),
    ),
    exporters=record(
        otlp_http=record(
            ("endpoint",),
            endpoint={"type": "string", "pattern": "^https?://"},
            compression={"enum": ["gzip", "zstd", "none"]},
            timeout=DURATION,
            retry_on_failure=record(enabled={"type": "boolean"}, max_elapsed_time=DURATION),
            sending_queue=record(enabled={"type": "boolean"}, queue_size=COUNT, num_consumers=COUNT),
        )
    ),
    service={"type": "object"},
)


def test_every_field_is_one_that_the_components_document() -> None:
    jsonschema.validate(CONFIG, SCHEMA)


@pytest.mark.parametrize("wrong", [{"decision_waits": "15s"}, {"policies": [{"name": "x", "type": "latency"}]}])
def test_the_schema_finds_what_would_keep_the_collector_from_starting(wrong: dict[str, Any]) -> None:
    tail = {**CONFIG["processors"]["tail_sampling"], **wrong}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**CONFIG, "processors": {**CONFIG["processors"], "tail_sampling": tail}}, SCHEMA)


def test_every_part_is_used_and_every_use_is_declared() -> None:
    (pipeline,) = CONFIG["service"]["pipelines"].values()
    for kind in ("receivers", "processors", "exporters"):
        assert sorted(pipeline[kind]) == sorted(CONFIG[kind])
    assert CONFIG["service"]["extensions"] == list(CONFIG["extensions"])


def test_memory_is_limited_first_and_decisions_fall_before_batches_are_made() -> None:
    (pipeline,) = CONFIG["service"]["pipelines"].values()
    assert pipeline["processors"] == ["memory_limiter", "tail_sampling", "batch"]
    limiter = CONFIG["processors"]["memory_limiter"]
    memory = int(OVERRIDE["services"]["collector"]["mem_limit"].removesuffix("m"))
    assert limiter["limit_mib"] + limiter["spike_limit_mib"] <= memory


def test_policies_ask_for_attributes_that_exist_and_agree_with_the_services() -> None:
    policies = {policy["name"]: policy for policy in CONFIG["processors"]["tail_sampling"]["policies"]}
    assert policies["jobs"]["string_attribute"]["key"] == Attribute.JOB_ID
    assert policies["kept by the service"]["string_attribute"]["key"] == Attribute.KEPT
    slow = TelemetrySettings().trace_slow.total_seconds() * 1000
    assert policies["slow"]["latency"]["threshold_ms"] == slow


def test_the_override_sends_the_spans_of_the_services_through_the_collector() -> None:
    services = OVERRIDE["services"]
    assert set(services) - {"collector"} <= set(MAIN["services"])
    port = CONFIG["receivers"]["otlp"]["protocols"]["http"]["endpoint"].rpartition(":")[2]
    through = {name for name, service in services.items() if "OTEL_EXPORTER_OTLP_ENDPOINT" in service["environment"]}
    direct = {
        name
        for name, service in MAIN["services"].items()
        if str(service.get("environment", {}).get("OTEL_EXPORTER_OTLP_ENDPOINT", "")).startswith("http://jaeger")
    }
    assert through == direct - {"bootstrap"}
    assert {services[name]["environment"]["OTEL_EXPORTER_OTLP_ENDPOINT"] for name in through} == {
        f"http://collector:{port}"
    }
    assert re.fullmatch(r"otel/opentelemetry-collector-contrib:\d+\.\d+\.\d+", services["collector"]["image"])
    source, target, _ = services["collector"]["volumes"][0].split(":")
    assert (PROJECT / source).is_file()
    assert services["collector"]["command"] == [f"--config={target}"]


@pytest.mark.docker
def test_compose_accepts_both_files_together() -> None:
    if shutil.which("docker") is None:
        pytest.skip("no Docker on this machine")
    command = ["docker", "compose", "-f", "docker-compose.yml", "-f", "docker-compose.tail-sampling.yml", "config"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    merged = yaml.safe_load(done.stdout)["services"]
    assert merged["api"]["environment"]["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://collector:4318"
    assert merged["api"]["environment"]["OTEL_SERVICE_NAME"] == "plainview-api"
