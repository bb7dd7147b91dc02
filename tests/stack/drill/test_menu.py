from __future__ import annotations

from typer.testing import CliRunner

from stack.cli.application import application
from stack.drill import menu
from stack.drill.run import DRILLS


def test_menu_has_every_drill_in_order():
    assert list(menu.MENU) == list(DRILLS)


def test_help_has_a_line_for_each_drill():
    said = CliRunner().invoke(application, ["drill", "--help"], env={"COLUMNS": "120", "NO_COLOR": "1"}).stdout
    for line in menu.lines():
        assert any(line in shown for shown in said.splitlines()), said


def test_missing_name_says_which_there_are():
    said = CliRunner().invoke(application, ["drill"])
    assert said.exit_code == 2
    assert "name one drill (error-rate, cost), or give --all" in said.stderr
