"""The consortium's settings as a transaction sees them."""

from __future__ import annotations

from chaincode.model.documents.registry import Settings as Document
from chaincode.rules.parameters import PARAMETERS


class Settings:
    """Version, regulators and members (MSP ids), and the parameters."""

    def __init__(self, document: Document) -> None:
        self.version = document["version"]
        self.regulators = document["value"]["regulators"]
        self.members = document["value"]["members"]
        self.rules = document["value"]["rules"]
        self._parameters = document["value"]["parameters"]

    def parameter(self, name: str) -> int:
        """A parameter as the consortium set it, else its default."""
        return self._parameters.get(name, PARAMETERS[name].default)
