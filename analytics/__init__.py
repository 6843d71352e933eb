"""Supply-chain metrics over a member's mirror."""

from analytics.supply_chain import Report, supply_chain

__all__ = ["Report", "supply_chain"]
