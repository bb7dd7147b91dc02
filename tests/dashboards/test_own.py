"""Boards of a user's own are checked against the user's catalog too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dashboards.__main__ import main

METRICS = """
from telemetry import Metric
ORDERS = Metric("board_orders_total", "counter", "Orders.", labels=("plan",))
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "board_metrics.py").write_text(METRICS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    return tmp_path


def board(folder: Path, *queries: str) -> str:
    targets = [{"refId": "A", "expr": query} for query in queries]
    inner = [{"title": "Orders", "targets": targets}]
    path = folder / "shop.json"
    path.write_text(json.dumps({"panels": [{"type": "row", "title": "Shop", "panels": inner}]}))
    return str(path)


def test_a_board_may_use_own_metrics_and_ours(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = board(
        shop,
        "sum by (plan) (rate(board_orders_total[$__rate_interval]))",
        "sum by (http_route) (rate(http_server_request_duration_seconds_count[5m]))",
    )
    assert main(["check", "--catalog", "board_metrics", path]) == 0
    assert capsys.readouterr().out == "OK: 1 board\n"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("rate(board_order_total[5m])", "selects board_order_total, which nobody exports"),
        ('board_orders_total{tier="pro"}', "board_orders_total is selected by tier; there is instance, job, plan"),
    ],
)
def test_a_wrong_query_is_named_with_its_panel(
    shop: Path, capsys: pytest.CaptureFixture[str], query: str, said: str
) -> None:
    path = board(shop, query)
    assert main(["check", "--catalog", "board_metrics", path]) == 1
    assert capsys.readouterr().err == f"{path}: panel 'Orders' query A {said}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--catalog", "no_such_module", "shop.json"], "no_such_module cannot be imported: ModuleNotFoundError"),
        (["--catalog", "json", "shop.json"], "--catalog json declares no telemetry.Metric"),
        (["missing.json"], "missing.json cannot be read"),
        (["board_metrics.py"], "board_metrics.py cannot be read"),
    ],
)
def test_what_cannot_be_used_is_said(
    shop: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    board(shop, "up")
    assert main(["check", *arguments]) == 1
    assert said in capsys.readouterr().err
