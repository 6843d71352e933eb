"""A member's copy of the ledger in its own Postgres, and the tables that others read."""
