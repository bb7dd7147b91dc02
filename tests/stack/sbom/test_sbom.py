"""The bill of materials holds every locked package, and is what the format says."""

from __future__ import annotations

import importlib.metadata
import json
import re

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from stack.sbom.__main__ import main
from stack.sbom.bill import RUNTIME, bill
from stack.sbom.licences import faults, licences
from stack.sbom.lock import LockUnreadable, Package, packages

LOCKED = RUNTIME.read_text()


@pytest.fixture(scope="module")
def document():
    return json.loads(bill())


def test_it_is_valid_and_the_same_every_time():
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill()) is None
    assert bill() == bill()


def test_every_locked_package_is_in_it_with_its_hashes_and_licence(document):
    by_purl = {component["purl"]: component for component in document["components"]}
    pins = re.findall(r"^([a-z0-9.\-]+)(?:\[[a-z,]+\])?==([^\s;\\]+)", LOCKED, re.MULTILINE)
    assert len(pins) >= 90
    for name, version in pins:
        component = by_purl[f"pkg:pypi/{name}@{version}"]
        assert component["licenses"][0]["expression"]
        assert component["hashes"]
    hashes = {entry["content"] for component in by_purl.values() for entry in component["hashes"]}
    assert set(re.findall(r"sha256:([0-9a-f]{64})", LOCKED)) <= hashes
    assert len(by_purl) == len(pins) + 1  # what is vendored


def test_vendored_code_is_the_version_that_is_named(document):
    (echarts,) = [component for component in document["components"] if component["name"] == "echarts"]
    text = (RUNTIME.parents[1] / "stack/console/static/vendor/README.md").read_text()
    assert echarts["version"] in text
    assert echarts["hashes"][0]["content"] in text


def test_licences_are_those_that_the_installed_packages_state():
    for name, licence in licences().items():
        try:
            stated = importlib.metadata.metadata(name).get("License-Expression")
        except importlib.metadata.PackageNotFoundError:
            continue
        assert stated in (None, licence), name


def test_all_licences_are_allowed(capsys):
    assert main(["--check"]) == 0
    assert capsys.readouterr() == ("", "")


def test_unknown_and_unwanted_licences_are_told(monkeypatch):
    monkeypatch.setattr("stack.sbom.licences.licences", lambda: {"mine": "MIT OR AGPL-3.0-only"})
    told = list(faults([Package("mine", "1", "", ()), Package("new", "1", "", ())]))
    assert told[0].startswith("mine: AGPL-3.0-only is not among the allowed licences")
    assert told[1].startswith("new: its licence is not in licences.csv")


def test_lock_without_a_hash_is_refused(tmp_path):
    lock = tmp_path / "lock.txt"
    lock.write_text("mine==1.0\n")
    with pytest.raises(LockUnreadable, match=r"mine==1\.0"):
        packages(lock)
