"""How jobs go, told as it happens: server-sent events, one look at the database for all who listen."""
