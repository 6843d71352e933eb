"""PostgreSQL, Redis and Mosquitto for a local system: private instances, or those that the operator has."""

from mediledger.services.plan import Services, plan

__all__ = ["Services", "plan"]
