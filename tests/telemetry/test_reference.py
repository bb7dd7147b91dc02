import re

from telemetry import catalog, reference


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
