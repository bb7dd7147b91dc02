"""JSON and CSV of usage are the same figures, whatever names and amounts there are."""

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.ledger.energy import Tariff
from app.ledger.routes import UsageRow, columns_of, csv_of
from app.ledger.rows import Total
from app.ledger.usage import By, Row, lines

NAMES = st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)
AMOUNTS = st.integers(0, 2**62)
JOULES = st.none() | st.floats(0, 1e12)
TARIFFS = st.builds(Tariff, *[st.none() | st.decimals(Decimal("0.0001"), 1000, places=4)] * 2)
START = datetime(2026, 11, 1, tzinfo=UTC)
BY: list[By] = ["customer", "model"]

TOTALS = st.builds(Total, st.tuples(NAMES, NAMES), AMOUNTS, AMOUNTS, AMOUNTS, JOULES, JOULES, st.integers(0, 10**9))


@given(st.lists(TOTALS, max_size=5), TARIFFS)
def test_csv_has_what_json_has(totals: list[Total], tariff: Tariff) -> None:
    plain = list(lines([Row(START, START, total) for total in totals], BY, tariff))
    shown = [UsageRow.model_validate(row).model_dump(mode="json", exclude_unset=True) for row in plain]
    columns = columns_of(BY, tariff)
    read = list(csv.DictReader(io.StringIO(csv_of(plain, columns), newline="")))
    assert len(read) == len(shown)
    for cells, row in zip(read, shown, strict=True):
        assert [*cells] == columns == [*row]
        for name, cell in cells.items():
            value = row[name]
            if name in {"start", "until"}:
                assert datetime.fromisoformat(cell) == datetime.fromisoformat(value)
            elif isinstance(value, str):
                assert cell.removeprefix("'") == value.removeprefix("'")
                assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
            else:
                assert cell == ("" if value is None else str(value))
