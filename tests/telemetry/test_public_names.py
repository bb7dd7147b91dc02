import subprocess
import sys

import pytest

import telemetry


def test_public_names_are_sorted_and_exist():
    assert telemetry.__all__ == sorted(telemetry.__all__)
    assert all(getattr(telemetry, name) is not None for name in telemetry.__all__)


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'instrumnt'"):
        telemetry.instrumnt  # noqa: B018


def test_reading_the_catalog_loads_neither_the_sdk_nor_fastapi():
    code = (
        "import sys, telemetry.catalog; print([m for m in sys.modules if m.startswith(('opentelemetry', 'fastapi'))])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_nothing_touches_nvml_at_import():
    code = "import sys, telemetry.gpu; telemetry.start, telemetry.instrument; print('pynvml' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"
