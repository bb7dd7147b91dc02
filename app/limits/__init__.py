"""How often anybody may ask: by key or address, by tier, by class of endpoint. docs/LIMITS.md is the table in words."""
