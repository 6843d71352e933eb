"""Asking beforehand what the ledger would refuse."""
