"""What the provider of the GPUs says it will charge, beside what was metered here.

A provider is one file with a class that answers `Provider`, and a line in `opening.py`.
"""
