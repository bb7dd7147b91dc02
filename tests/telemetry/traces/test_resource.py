"""Each process is an instance of its own in traces, also one that was forked from another."""

import os
import uuid

from telemetry import TelemetrySettings
from telemetry.traces._resource import process_resource


def test_the_resource_names_service_version_instance_and_process():
    attributes = process_resource(TelemetrySettings(service_name="shop", service_version="7")).attributes
    assert attributes["service.name"] == "shop"
    assert attributes["service.version"] == "7"
    assert uuid.UUID(str(attributes["service.instance.id"])).version == 4
    assert attributes["process.pid"] == os.getpid()


def test_an_instance_that_the_operator_has_named_keeps_its_name(monkeypatch):
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=pod-3,deployment.environment.name=test")
    attributes = process_resource(TelemetrySettings()).attributes
    assert attributes["service.instance.id"] == "pod-3"
    assert attributes["deployment.environment.name"] == "test"


def test_a_forked_process_is_another_instance():
    resource = process_resource(TelemetrySettings(service_name="shop"))
    before = resource.attributes["service.instance.id"]
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        told = resource.attributes
        os.write(writing, f"{told['service.name']} {told['service.instance.id']} {told['process.pid']}".encode())
        os._exit(0)
    os.waitpid(child, 0)
    name, instance, pid = os.read(reading, 200).decode().split()
    assert (name, int(pid)) == ("shop", child)
    assert instance != before == resource.attributes["service.instance.id"]
    for end in (reading, writing):
        os.close(end)
