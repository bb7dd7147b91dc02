"""The database: tables, engines with the right pragmas, and migrations."""
