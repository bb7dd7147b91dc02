"""Bytes over HTTP as RFC 9110 has it: conditions, ranges, and answers that begin only when there is something to send."""

from app.delivery.answer import CACHE, deliver, is_known, not_modified
from app.delivery.source import FileSource, Source

__all__ = ["CACHE", "FileSource", "Source", "deliver", "is_known", "not_modified"]
