"""The worked example of docs/OWN_METRICS.md runs as it stands and prints what the page says."""

import os
import re
import subprocess
import sys
from pathlib import Path

from telemetry.catalog import _rules

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "OWN_METRICS.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)


def without_times(text):
    return re.sub(r"(_seconds_sum\S*) [\d.e-]+", r"\1 TIME", text).strip().splitlines()


def test_the_example_prints_what_the_page_says(tmp_path):
    (_, program), (_, printed), *_ = BLOCKS
    (tmp_path / "shop.py").write_text(program, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-W", "error", "shop.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2]), "OTEL_EXPORTER_OTLP_ENDPOINT": ""},
    )
    lines = [line for line in ran.stdout.splitlines() if line.startswith("shop_")]
    assert (ran.returncode, ran.stderr) == (0, "")
    assert without_times("\n".join(lines)) == without_times(printed)


def test_the_page_names_every_field_that_is_checked():
    checked = {rule.removeprefix("_") for rule in _rules.broken.__code__.co_names if rule.startswith("_")}
    assert checked
    assert all(f"| `{field}` |" in PAGE for field in checked)
