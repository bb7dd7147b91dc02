"""What is told of a span's attribute, by its name: of some only the shape is."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from telemetry._secret_rules import CUT
from telemetry._secrets import redact, secrecy, when_changed
from telemetry._sql import query
from telemetry.catalog import Attribute

Treatment = Callable[[str], str]

_MOST_PARAMETERS: Final = 32
_LONG: Final = 256
# Keys in the path, as webhooks have them: long, of small and capital letters and digits.
_KEY: Final = re.compile(r"(?=[^/]*[a-z])(?=[^/]*[A-Z])(?=[^/]*\d)[A-Za-z0-9_\-:.~]{20,}")


def cut(_text: str) -> str:
    return CUT


@lru_cache(maxsize=512)
def names_of_query(text: str) -> str:
    """Return a query string with its names and none of its values, which may be secrets or prompts."""
    parts = text.split("&")[:_MOST_PARAMETERS]
    return redact(
        "&".join(f"{name}=REDACTED" if name else "" for name, _, _ in (part.partition("=") for part in parts))
    )


@lru_cache(maxsize=512)
def shape_of_url(text: str) -> str:
    """Return a URL without user, password, fragment, values of its query and what looks like a key in its path."""
    try:
        scheme, host, path, query_string, _ = urlsplit(text)
    except ValueError:
        return CUT
    path = "/".join(CUT if _KEY.fullmatch(segment) else segment for segment in path.split("/"))
    shown = names_of_query(query_string) if query_string else ""
    return redact(urlunsplit((scheme, host.rpartition("@")[2], path, shown, "")))


def shape_of_path(text: str) -> str:
    """Return a path without secrets; kept if short, as it stands on a request's span and in its access line."""
    return _short_path(text) if len(text) < _LONG else redact(text)


_short_path: Final = lru_cache(maxsize=2048)(redact)


def request_id(text: str) -> str:
    """Return an id; one of ours is nothing but hexadecimal digits, which is seen faster than that there is no secret."""
    try:
        plain = 2 * len(bytes.fromhex(text)) == len(text)  # `fromhex` passes over blanks
    except ValueError:
        plain = False
    return text if plain else redact(text)


def shape_of_statement(text: str) -> str:
    """Return a statement without its literals."""
    return redact(query(text, "").text)


_BY_NAME: Final[dict[str, Treatment]] = {
    "url.full": shape_of_url,
    "http.url": shape_of_url,
    "http.target": shape_of_url,
    "url.path": shape_of_path,
    "url.query": names_of_query,
    Attribute.REQUEST_ID: request_id,
    "db.statement": shape_of_statement,
    "db.query.text": shape_of_statement,
}
# Values that travel in a database's calls: OpenTelemetry's redis instrumentation shows what a search asks and finds.
_VALUES: Final = ("db.query.parameter.", "db.operation.parameter.", "redis.search.query", "redis.search.xdoc_")


@lru_cache(maxsize=1024)
def treatment(name: str) -> Treatment:
    """Return what is done to the texts of the attributes of this name."""
    if secrecy(name) or name.startswith(_VALUES):
        return cut
    return _BY_NAME.get(name, redact)


for _kept in (names_of_query, _short_path, shape_of_url, treatment):
    when_changed(_kept.cache_clear)
