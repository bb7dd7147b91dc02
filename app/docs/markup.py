"""HTML from Python: escaped by default, so that no description or name can become markup."""

from __future__ import annotations

import re
from html import escape
from typing import Final

_HEADING: Final = "## "
_ITEM: Final = re.compile(r"^\d+\. ", re.MULTILINE)


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def tag(name: str, *children: str, **attributes: str) -> Html:
    """Return an element; children that are not `Html` are escaped. `class_` gives the class."""
    given = "".join(f' {key.rstrip("_")}="{escape(value)}"' for key, value in attributes.items())
    inner = "".join(child if isinstance(child, Html) else escape(child, quote=False) for child in children)
    return Html(f"<{name}{given}>{inner}</{name}>")


def join(*parts: str) -> Html:
    """Return parts one after the other."""
    return Html("".join(part if isinstance(part, Html) else escape(part, quote=False) for part in parts))


def prose(text: str) -> Html:
    """Return text in headings (##), paragraphs and numbered lists, with `code` in backticks as code."""
    return join(*(_paragraph(paragraph) for paragraph in text.strip().split("\n\n")))


def _paragraph(text: str) -> Html:
    if text.startswith(_HEADING):
        return tag("h2", text.removeprefix(_HEADING))
    items = _ITEM.split(text)
    if len(items) == 1:
        return tag("p", inline(text))
    return tag("ol", *(tag("li", inline(item.strip())) for item in items[1:]))


def inline(text: str) -> Html:
    """Return text with `code` in backticks as code."""
    pieces = text.split("`")
    return join(*(tag("code", piece) if index % 2 else piece for index, piece in enumerate(pieces)))


def page(title: str, body: Html) -> str:
    """Return a whole page."""
    head = tag(
        "head",
        Html('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
        tag("title", title),
        Html('<link rel="stylesheet" href="/docs/style.css">'),
    )
    return f"<!doctype html>\n{Html('<html lang=en>')}{head}{tag('body', tag('main', body))}</html>\n"
