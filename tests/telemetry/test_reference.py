import re

import pytest

from telemetry import catalog, reference


def test_page_is_current():
    assert reference.main(["--check"]) == 0, "run `python -m telemetry.reference`"


def test_every_metric_of_the_catalog_has_one_row_and_every_name_stands_there():
    page = reference.render()
    rows = re.findall(r"^\| `(\w+)` \| (?:counter|gauge|histogram|info) ", page, re.MULTILINE)
    assert rows == [metric.name for metric in catalog.metrics()]
    for names in (catalog.Span, catalog.Attribute, catalog.Event):
        assert all(f"`{value}`" in page for name, value in vars(names).items() if name.isupper())


def test_a_row_shows_unit_labels_buckets_source_and_rule():
    page = reference.render()
    assert "| `gpu_power_watts` | gauge | watts | `gpu_uuid` | worker | one | Power drawn by the card. |" in page
    assert "| seconds | `target` | 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60 | notifier |" in page


def test_written_page_is_byte_identical_and_a_stale_one_fails_with_the_command(tmp_path, capsys):
    page = tmp_path / "METRICS.md"
    assert reference.main(["--check"], page) == 1
    reference.main([], page)
    written = page.read_bytes()
    reference.main([], page)
    assert page.read_bytes() == written
    page.write_text("old")
    assert reference.main(["--check"], page) == 1
    assert "python -m telemetry.reference" in capsys.readouterr().err


def test_command_explains_itself(capsys):
    with pytest.raises(SystemExit) as left:
        reference.main(["--help"])
    assert left.value.code == 0
    assert "--check" in capsys.readouterr().out
