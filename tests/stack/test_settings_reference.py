from __future__ import annotations

from stack import settings_reference


def test_every_variable_says_what_it_is() -> None:
    rows = [line for line in settings_reference.render().splitlines() if line.startswith("| `")]
    assert len(rows) > 50
    assert all(line.split(" | ")[2].strip(" |") for line in rows)


def test_secrets_can_come_from_files_and_show_no_default() -> None:
    row = next(line for line in settings_reference.render().splitlines() if "`PLAINVIEW_NOTIFY_URLS`" in line)
    assert "`PLAINVIEW_NOTIFY_URLS_FILE`" in row
    assert row.split(" | ")[1] == ""
