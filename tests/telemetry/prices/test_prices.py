"""The price of a card: by model, by a provider's list, flat, or not known."""

from decimal import Decimal

import pytest

from telemetry import TelemetrySettings, gpu_work, start
from telemetry.gpu import Device
from telemetry.prices import PROVIDERS, Prices, listed
from telemetry.process_settings import SettingsInvalid

FLAT = Decimal("0.00019")


def card(name: str) -> Device:
    return Device("gpu", name, "GPU-1")


def price(name: str, *chosen: str, flat: Decimal | None = None) -> Decimal | None:
    return Prices(flat, FLAT, chosen).of(card(name)).usd_per_second


@pytest.mark.parametrize(
    ("name", "usd"),
    [
        ("NVIDIA H100 80GB HBM3", "0.00116"),
        ("NVIDIA H200", "0.00155"),
        ("NVIDIA A100-SXM4-80GB", "0.00076"),
        ("NVIDIA L40S", "0.00053"),
        ("NVIDIA L4", "0.00019"),
        ("NVIDIA RTX A5000", "0.00019"),
        ("NVIDIA GeForce RTX 4090", "0.00031"),
        ("NVIDIA GeForce RTX 3090", "0.00019"),
    ],
)
def test_names_that_nvml_gives_are_found_in_a_list(name: str, usd: str) -> None:
    assert price(name, "runpod") == Decimal(usd)


@pytest.mark.parametrize(
    "name",
    [
        "NVIDIA L40",
        "NVIDIA GeForce RTX 3090 Ti",
        "NVIDIA GeForce RTX 4090 Laptop GPU",
        "NVIDIA GH200 480GB",
        "NVIDIA B300",
        "",
    ],
)
def test_another_card_has_no_price_rather_than_a_wrong_one(name: str) -> None:
    found = Prices(None, FLAT, ["runpod"]).of(card(name))
    assert (found.usd_per_second, found.source) == (None, f"no price for {name}")


def test_most_telling_model_goes_first() -> None:
    assert price("NVIDIA A100-SXM4-40GB", "aws") == Decimal("0.000762431")
    assert price("NVIDIA A100-SXM4-80GB", "aws") == Decimal("0.000953021")
    assert price("NVIDIA H100 PCIe", "lambda") == Decimal("0.000794444")


def test_first_entry_that_fits_is_the_price() -> None:
    chosen = ("H100=0.5", "modal", "runpod")
    assert price("NVIDIA H100 80GB HBM3", *chosen) == Decimal("0.5")
    assert price("NVIDIA L4", *chosen) == Decimal("0.000222222")
    assert price("NVIDIA H200", *chosen) == Decimal("0.00155")


def test_flat_price_is_that_of_all_others() -> None:
    assert price("NVIDIA B300", "runpod", flat=Decimal(1)) == 1


@pytest.mark.parametrize("kind", ["cpu", "simulated"])
def test_what_stands_in_for_a_card_has_the_flat_price_and_says_so(kind: str) -> None:
    found = Prices(None, FLAT, ["runpod"]).of(Device(kind, "some device"))
    assert found.usd_per_second == FLAT
    assert kind in found.source


def test_every_price_in_the_table_has_a_date_a_source_and_is_plausible() -> None:
    assert {row.provider for row in listed()} == set(PROVIDERS)
    assert len({(row.provider, row.gpu) for row in listed()}) == len(listed())
    for row in listed():
        assert row.as_of.startswith("20")
        assert row.source
        assert Decimal("0.3") < row.usd_per_second * 3600 < 20, row


@pytest.mark.parametrize("wrong", ["nobody", "H100=much", "H100=-1", "=1", "H100=NaN"])
def test_wrong_prices_stop_the_start_and_say_what_is_allowed(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAINVIEW_GPU_PRICES", f"runpod, {wrong}")
    with pytest.raises(SettingsInvalid, match="MODEL=USD_PER_SECOND"):
        TelemetrySettings.read()


def test_price_is_unknown_only_where_nobody_set_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAINVIEW_GPU_PRICES", "runpod")
    unknown = card("NVIDIA B300")
    assert TelemetrySettings.read().prices.of(unknown).usd_per_second is None
    monkeypatch.setenv("PLAINVIEW_GPU_PRICE_USD_PER_SECOND", "0.002")
    assert TelemetrySettings.read().prices.of(unknown).usd_per_second == Decimal("0.002")


def test_work_on_a_card_without_a_price_has_no_cost_and_is_counted_apart() -> None:
    with start(TelemetrySettings(gpu="off", gpu_prices=("runpod",))) as telemetry:
        with gpu_work("render", device=card("NVIDIA B300"), customer="acme") as work:
            pass
        value = telemetry.registry.get_sample_value
        assert work.cost_usd is None
        assert value("cost_usd_total", {"kind": "job"}) is None
        assert value("gpu_second_price_usd", {"device": "gpu"}) is None
        labels = {"operation": "render", "device_name": "NVIDIA B300"}
        assert value("gpu_unpriced_seconds_total", labels) == work.gpu_seconds > 0
