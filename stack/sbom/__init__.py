"""The bill of materials: every package that Plainview runs with, its version, its files by hash, its licence."""
