from __future__ import annotations

from typing import Any

import pytest

from dashboards.build import boards
from dashboards.render import render

BOARDS = {board.name: board for board in boards()}


@pytest.fixture(params=sorted(BOARDS))
def dashboard(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Each dashboard in turn, as rendered."""
    return render(BOARDS[request.param])


@pytest.fixture
def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    """The panels of the dashboard that ask for data."""
    return [panel for panel in dashboard["panels"] if panel["type"] not in {"row", "text"}]
