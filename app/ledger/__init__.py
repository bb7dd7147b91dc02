"""The ledger: every second that a device was held, whose it was, and what it cost.

`timeline` divides time and money exactly, in whole nanoseconds and whole billionths of a dollar; `book` keeps the rows
that are open; `rows` writes and sums them. paid = job + retry + cancelled + failed + idle + overhead, for each device.
"""
