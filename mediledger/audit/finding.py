"""What an audit finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from chaincode.model import keys


class Broken(StrEnum):
    """Which rule a write breaks."""

    CHAIN = "the block does not follow the one before it"
    UNREADABLE = "a valid transaction cannot be read"
    MAJORITY = "less than a majority of the members endorsed it"
    POLICY = "the key's own policy is not met by who endorsed"
    REGULATOR = "no regulator endorsed it"
    AUTHOR = "who it speaks for did not endorse it"
    OWNER = "the owner did not endorse it"
    CUSTODIAN = "who has the goods did not endorse it"
    RECEIVER = "the new owner did not endorse it"
    GUARD = "the key can be written again without whom it belongs to"
    SETTLED = "what is written once was written again"
    DELETED = "a key was deleted"
    PERIOD = "the period does not follow the last one"
    TRAY = "a tray and the packs commissioned in it do not match"
    LEFT = "a tray and what left it do not match"
    CHANGED = "something was changed that stays as it is"
    PACKED = "a container, its list and what is packed into it do not match"
    TAKEN = "its container does not say that it was taken out"
    HELD = "it moved while it was on hold, or was taken out of what is on hold without that hold"
    DIRECTORY = "custody's directory says something else than the registry"
    HIDDEN = "the key that chaincode finds it by is not there"
    DOCUMENT = "the document is not what its key says, or not canonical JSON"


@dataclass(frozen=True)
class Finding:
    """A write that breaks a rule, and who signed it; ``key`` is empty where it is about a block."""

    block: int
    transaction_id: str
    creator: str
    endorsers: tuple[str, ...]
    broken: Broken
    namespace: str = ""
    key: str = ""

    @property
    def readable_key(self) -> str:
        """The key without separators."""
        try:
            kind, attributes = keys.split(self.key)
        except ValueError:
            return self.key
        return " ".join((kind, *attributes))
