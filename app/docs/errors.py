"""The list of error codes as a page; the `type` of every problem points into it."""

from __future__ import annotations

from app.docs.markup import join, page, prose, tag
from app.errors.codes import Code


def error_page() -> str:
    """Return the page."""
    head = tag("tr", *(tag("th", title, scope="col") for title in ("Code", "Status", "Meaning")))
    rows = (
        tag("tr", tag("td", tag("code", code.code)), tag("td", str(code.status)), tag("td", code.title), id=code.code)
        for code in Code
    )
    body = join(
        tag("h1", "Error codes"),
        prose("Every error is `application/problem+json` (RFC 9457). `code` is stable; `detail` says what happened."),
        tag("table", tag("thead", head), tag("tbody", *rows)),
        tag("p", tag("a", "Reference", href="/docs")),
    )
    return page("Error codes", body)
