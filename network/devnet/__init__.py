"""The embedded ledger: one process that plays every member's peer and the ordering service.

For a laptop, a demo and the tests; never for production.
"""
