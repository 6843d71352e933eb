"""The ledger itself: how far it is, and where a transaction stands."""
