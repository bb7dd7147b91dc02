"""A CycloneDX bill of materials: the same lock makes the same bytes."""

from __future__ import annotations

import hashlib
import json
import tomllib
import uuid
from pathlib import Path
from typing import Any, Final

from stack.paths import PROJECT
from stack.sbom.licences import licences
from stack.sbom.lock import Package, packages

RUNTIME: Final = PROJECT / "requirements" / "runtime.txt"
_ECHARTS: Final = PROJECT / "stack" / "console" / "static" / "vendor" / "echarts.esm.min.mjs"
_ECHARTS_VERSION: Final = "6.1.0"


def bill(lock: Path = RUNTIME) -> str:
    """Return the bill of what `lock` installs, and of what the tree itself carries, as JSON."""
    known = licences()
    components = [_component(package, known[package.name]) for package in packages(lock)]
    components.append(_vendored())
    serial = uuid.uuid5(uuid.NAMESPACE_URL, hashlib.sha256(lock.read_bytes()).hexdigest())
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {"component": _ourselves()},
        "components": sorted(components, key=lambda component: str(component["bom-ref"])),
    }
    return json.dumps(document, indent=2) + "\n"


def _ourselves() -> dict[str, Any]:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    name, version = project["name"], project["version"]
    return {
        "type": "application",
        "bom-ref": f"{name}@{version}",
        "name": name,
        "version": version,
        "description": project["description"],
        "licenses": [{"expression": project["license"]}],
    }


def _component(package: Package, licence: str) -> dict[str, Any]:
    purl = f"pkg:pypi/{package.name}@{package.version}"
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": purl,
        "name": package.name,
        "version": package.version,
        # Those of all files of this version; which one is installed depends on the platform.
        "hashes": [{"alg": "SHA-256", "content": content} for content in package.hashes],
        "licenses": [{"expression": licence}],
        "purl": purl,
    }
    if package.marker:
        component["properties"] = [{"name": "plainview:marker", "value": package.marker}]
    return component


def _vendored() -> dict[str, Any]:
    purl = f"pkg:npm/echarts@{_ECHARTS_VERSION}"
    return {
        "type": "library",
        "bom-ref": purl,
        "name": "echarts",
        "version": _ECHARTS_VERSION,
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(_ECHARTS.read_bytes()).hexdigest()}],
        "licenses": [{"expression": "Apache-2.0"}],
        "purl": purl,
    }
