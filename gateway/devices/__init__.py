"""Sensors: on the ledger, and with credentials of their own at this member's broker."""
