from __future__ import annotations

import pytest


@pytest.fixture
def value(telemetry, registry):
    """Return a function that reads a series of the telemetry of this test."""
    return lambda name, **labels: registry.get_sample_value(name, labels)
