import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry._sql import query

SECRET = "s3cret"


@pytest.mark.parametrize(
    ("statement", "dialect", "shown", "name"),
    [
        ("SELECT a1 FROM t1 WHERE b = 'x''y' AND c=5", "sqlite", "SELECT a1 FROM t1 WHERE b = ? AND c=?", "SELECT t1"),
        ("insert into x.y values (1.5e3, 0x1F)", "sqlite", "insert into x.y values (?, ?)", "INSERT x.y"),
        ("UPDATE t SET a = $1, b = %(b_1)s", "postgresql", "UPDATE t SET a = $1, b = %(b_1)s", "UPDATE t"),
        (r"SELECT E'it\'s s3cret', 'x'", "postgresql", "SELECT ?, ?", "SELECT"),
        ("SELECT $$s3cret$$, $a$s3$cret$a$", "postgresql", "SELECT ?, ?", "SELECT"),
        (r'SELECT "it\"s s3cret", `a` FROM `t`', "mysql", "SELECT ?, `a` FROM `t`", "SELECT t"),
        ('SELECT "Name" FROM "Things"', "postgresql", 'SELECT "Name" FROM "Things"', "SELECT Things"),
        ("DELETE FROM t -- s3cret\nWHERE id = 1 /* s3cret */", "sqlite", "DELETE FROM t \nWHERE id = ?", "DELETE t"),
        ("(SELECT 1) UNION SELECT 2", "sqlite", "(SELECT ?) UNION SELECT ?", "SELECT"),
        ("SELECT 'never closed s3cret", "sqlite", "SELECT ?", "SELECT"),
        ("", "sqlite", "", "SQL"),
    ],
)
def test_literals_and_comments_are_not_shown(statement, dialect, shown, name):
    seen = query(statement, dialect)
    assert (seen.text, seen.summary) == (shown, name)
    assert SECRET not in seen.text


@given(st.text().filter(lambda text: "\0" not in text), st.sampled_from(["sqlite", "postgresql"]))
def test_no_text_that_is_quoted_as_the_standard_says_is_ever_shown(value, dialect):
    quoted = f"{SECRET}{value}".replace("'", "''")
    assert SECRET not in query(f"SELECT '{quoted}' FROM t WHERE a = '{quoted}'", dialect).text  # noqa: S608


def test_a_statement_of_megabytes_is_looked_at_once_and_briefly():
    assert len(query("INSERT INTO t VALUES " + "(1),(2)," * 1_000_000, "sqlite").text) < 5000
