from datetime import timedelta
from decimal import Decimal

import pytest
from pydantic import ValidationError

from telemetry import TelemetrySettings
from telemetry.process_settings import SettingsInvalid


def test_standard_and_own_variables_are_read(monkeypatch):
    for name, value in {
        "OTEL_SERVICE_NAME": "shop",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318",
        "OTEL_TRACES_SAMPLER_ARG": "0.25",
        "PLAINVIEW_LOG_LEVEL": "debug",
        "PLAINVIEW_LOG_FORMAT": "console",
        "PLAINVIEW_GPU": "simulated",
        "PLAINVIEW_GPU_UUIDS": "GPU-a, GPU-b",
        "PLAINVIEW_GPU_INTERVAL_SECONDS": "0.5",
        "PLAINVIEW_GPU_PRICE_USD_PER_SECOND": "0.00031",
    }.items():
        monkeypatch.setenv(name, value)
    settings = TelemetrySettings()
    assert settings.service_name == "shop"
    assert str(settings.otlp_endpoint) == "http://collector:4318/"
    assert settings.sample_ratio == 0.25
    assert (settings.log_level, settings.log_format, settings.gpu) == ("DEBUG", "console", "simulated")
    assert settings.gpu_uuids == ("GPU-a", "GPU-b")
    assert settings.gpu_interval == timedelta(seconds=0.5)
    assert settings.gpu_price_usd_per_second == Decimal("0.00031")


def test_empty_variables_mean_the_defaults(monkeypatch):
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_TRACES_SAMPLER_ARG", "PLAINVIEW_GPU"):
        monkeypatch.setenv(name, "")
    settings = TelemetrySettings()
    assert (settings.otlp_endpoint, settings.sample_ratio, settings.gpu) == (None, 1.0, "auto")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("PLAINVIEW_GPU", "maybe", "simulated"),
        ("OTEL_TRACES_SAMPLER_ARG", "1.5", "less than or equal to 1"),
        ("PLAINVIEW_GPU_PRICE_USD_PER_SECOND", "-1", "greater than or equal to 0"),
        ("PLAINVIEW_GPU_INTERVAL_SECONDS", "0.001", "0.02 and 300"),
        ("PLAINVIEW_LOG_LEVEL", "loud", "WARNING"),
    ],
)
def test_wrong_value_stops_the_start_and_says_what_is_allowed(monkeypatch, name, value, told):
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsInvalid, match=told):
        TelemetrySettings.read()


def test_headers_come_from_a_file(monkeypatch, tmp_path):
    file = tmp_path / "headers"
    file.write_text("authorization=Bearer%20abc\n")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS_FILE", str(file))
    settings = TelemetrySettings()
    assert settings.otlp_headers.get_secret_value() == "authorization=Bearer%20abc"
    assert "abc" not in repr(settings)


def test_settings_do_not_change(settings):
    with pytest.raises(ValidationError, match="frozen"):
        settings.service_name = "other"


def test_source_of_spans_is_one_of_three(monkeypatch):
    assert TelemetrySettings().span_source == "contrib"
    monkeypatch.setenv("PLAINVIEW_SPAN_SOURCE", "lean")
    assert TelemetrySettings().span_source == "lean"
    monkeypatch.setenv("PLAINVIEW_SPAN_SOURCE", "both")
    with pytest.raises(SettingsInvalid, match="contrib"):
        TelemetrySettings.read()
