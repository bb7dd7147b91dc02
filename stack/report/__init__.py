"""A day of a service, read from its JSON log lines: requests, errors by pattern, customers, cost, slow routes.

Memory does not grow with the log: routes, customers and patterns are bounded tables, durations are kept in buckets.
"""

from stack.report.day import Day, Window
from stack.report.page import as_json, write
from stack.report.sources import SourceUnreadable, lines, rotated

__all__ = ["Day", "SourceUnreadable", "Window", "as_json", "lines", "rotated", "write"]
