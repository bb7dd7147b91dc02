"""The list of error codes as a page; the `type` of every problem points into it."""

from __future__ import annotations

import json

from app.docs.markup import Html, join, page, prose, tag
from app.errors.advice import ADVICE
from app.errors.codes import Code
from app.errors.documented import example


def error_page() -> str:
    """Return the page."""
    head = tag("tr", *(tag("th", title, scope="col") for title in ("Code", "Status", "Meaning")))
    rows = (
        tag(
            "tr",
            tag("td", tag("a", tag("code", code.code), href=f"#{code.code}")),
            tag("td", str(code.status)),
            tag("td", code.title),
        )
        for code in Code
    )
    body = join(
        tag("h1", "Error codes"),
        prose(
            "Every error is `application/problem+json` (RFC 9457). `code` is stable; `detail` says what happened; "
            "`context` has facts for programs; `errors` lists every field at fault."
        ),
        tag("table", tag("thead", head), tag("tbody", *rows)),
        *(_entry(code) for code in Code),
        tag("p", tag("a", "Reference", href="/docs")),
    )
    return page("Error codes", body)


def _entry(code: Code) -> Html:
    advice = ADVICE[code]
    return tag(
        "section",
        tag("h3", tag("code", code.code), f" {code.status}: {code.title}"),
        prose(f"{advice.when} {advice.action}"),
        prose(f"Send it again? {advice.retry.value}"),
        tag("details", tag("summary", "Example"), tag("pre", json.dumps(example(code), indent=2, ensure_ascii=False))),
        id=code.code,
    )
