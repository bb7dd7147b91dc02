"""API keys: made, kept as hashes, checked on every request, listed and revoked."""
