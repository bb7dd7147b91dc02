"""A message in the three forms that targets take: plain text, HTML for mail, Markdown for chats."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Final
from urllib.parse import quote

from .message import Message

_FIRING: Final = "#c4162a"
_RESOLVED: Final = "#37872d"
_MARKDOWN_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>])")


def as_text(message: Message) -> str:
    """Return the message as plain text."""
    return "\n".join(_text_lines(message)).strip() + "\n"


def _text_lines(message: Message) -> Iterator[str]:
    for section in message.sections:
        yield section.heading
        yield from (section.summary,) if section.summary else ()
        yield from (f"{label}: {text}" for label, text in section.facts)
        yield from (f"{link.label}: {link.url}" for link in section.links)
        yield ""
    yield message.note


def as_markdown(message: Message) -> str:
    """Return the message as Markdown; what came from labels and annotations cannot format anything."""
    return "\n".join(_markdown_lines(message)).strip() + "\n"


def _markdown_lines(message: Message) -> Iterator[str]:
    for section in message.sections:
        yield f"**{_md(section.heading)}**{': ' if section.summary else ''}{_md(section.summary)}"
        yield from (f"- **{label}:** {_md(text)}" for label, text in section.facts)
        yield "- " + " · ".join(f"[{link.label}]({_md_url(link.url)})" for link in section.links)
        yield ""
    yield _md(message.note)


def as_html(message: Message) -> str:
    """Return the message as HTML without scripts, pictures or styles that a mail reader would drop."""
    return "\n".join(_html_lines(message))


def _html_lines(message: Message) -> Iterator[str]:
    colour = _RESOLVED if message.resolved else _FIRING
    for section in message.sections:
        yield f'<h3 style="border-left: 4px solid {colour}; padding-left: 8px">{escape(section.heading)}</h3>'
        yield f"<p>{escape(section.summary)}</p>" if section.summary else ""
        yield "<ul>"
        yield from (f"<li><b>{escape(label)}:</b> {escape(text)}</li>" for label, text in section.facts)
        # The address is the text: Apprise makes the mail's plain part from this and drops what only href holds.
        yield from (f"<li><b>{link.label}:</b> {_anchor(link.url)}</li>" for link in section.links)
        yield "</ul>"
    yield f"<p>{escape(message.note)}</p>" if message.note else ""


def _anchor(url: str) -> str:
    safe = url.startswith(("http://", "https://"))
    return f'<a href="{escape(url)}">{escape(url)}</a>' if safe else escape(url)


def _md(text: str) -> str:
    return _MARKDOWN_SPECIAL.sub(r"\\\1", text)


def _md_url(url: str) -> str:
    return quote(url, safe="%:/?#@!$&'*+,;=~")
