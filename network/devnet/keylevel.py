"""Whether a transaction's endorsements satisfy the policies of what it writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from network import policy
from network.devnet import keys
from network.devnet.definitions import Definitions
from network.devnet.errors import DevnetError
from network.devnet.msp import IdentityRefused, Membership
from network.devnet.simulation import validation_parameter
from network.devnet.snapshot import Snapshot
from network.devnet.transaction import Code, Invalid, Space, Transaction
from network.policy import Policy, PolicyError, Signer

Place = tuple[str, str]
"""A namespace (a collection's hashes have their own) and a key, or the hexadecimal hash of a private one."""


class EndorsementCheck:
    """Checks the transactions of one block in their order.

    A key's own policy is what it was before the block. Who writes a key whose policy an earlier, endorsed
    transaction of the same block changes is refused, whatever becomes of that one, as in Fabric
    (core/common/validation/statebased).
    """

    def __init__(self, membership: Membership, definitions: Definitions, snapshot: Snapshot) -> None:
        self._membership = membership
        self._definitions = definitions
        self._snapshot = snapshot
        self._changed: set[Place] = set()
        self._changed_namespaces: set[str] = set()

    def check(self, transaction: Transaction) -> None:
        """Invalid with the code for what is missing."""
        action = transaction.action
        signers = self._signers(transaction)
        checked = {action.chaincode, *(space.namespace for space in action.namespaces if space.writes)}
        changing: list[Place] = []
        for name in sorted(checked):
            spaces = [space for space in action.namespaces if space.namespace == name]
            self._check_namespace(name, spaces, signers)
            changing += (place for space in spaces for place in _metadata_places(space))
        self._changed.update(changing)
        self._changed_namespaces.update(namespace for namespace, _ in changing)

    def _signers(self, transaction: Transaction) -> list[Signer]:
        """Who endorsed: each identity once, and only where its signature is right."""
        signed = transaction.action.signed
        signers: dict[bytes, Signer] = {}
        for endorsement in transaction.action.endorsements:
            if endorsement.endorser in signers:
                continue
            try:
                member = self._membership.identify(endorsement.endorser)
                member.verify(signed + endorsement.endorser, endorsement.signature)
            except IdentityRefused:
                # An endorsement that does not count is not yet one too few.
                continue
            signers[endorsement.endorser] = member.principals
        return list(signers.values())

    def _check_namespace(self, name: str, spaces: Sequence[Space], signers: Sequence[Signer]) -> None:
        definition = self._definitions.get(name)
        if definition is None:
            raise Invalid(Code.INVALID_CHAINCODE)
        # Each policy is evaluated once, however many keys ask for it.
        held: set[Policy] = set()

        def hold(needed: Policy) -> None:
            if needed not in held:
                if not needed.satisfied_by(signers):
                    raise Invalid(Code.ENDORSEMENT_POLICY_FAILURE)
                held.add(needed)

        for space in spaces:
            if self._has_policies(name):
                for key in _public_keys(space):
                    hold(self._own_policy(name, key) or definition.policy)
            elif space.public.writes or space.public.metadata_writes:
                hold(definition.policy)
            for collection in space.collections:
                defined = self._definitions.collection(name, collection.collection)
                if defined is None and collection.writes:
                    raise Invalid(Code.ENDORSEMENT_POLICY_FAILURE)
                otherwise = self._definitions.writers(name, defined) if defined else definition.policy
                place = keys.hashes_of(name, collection.collection)
                for write in (*collection.hashed.hashed_writes, *collection.hashed.metadata_writes):
                    hold(self._own_policy(place, write.key_hash.hex()) or otherwise)
        if not held:
            hold(definition.policy)

    def _has_policies(self, namespace: str) -> bool:
        """Whether any key of a namespace may have a policy of its own; most have none to look for."""
        return namespace in self._changed_namespaces or self._snapshot.has_metadata(namespace)

    def _own_policy(self, namespace: str, key: str) -> Policy | None:
        if (namespace, key) in self._changed:
            raise Invalid(Code.ENDORSEMENT_POLICY_FAILURE)
        metadata = self._snapshot.metadata(namespace, key)
        if not metadata:
            return None
        try:
            parameter = validation_parameter(metadata)
            return policy.read(parameter) if parameter else None
        except (PolicyError, DevnetError):
            # A policy that nobody can read is one that nobody satisfies.
            raise Invalid(Code.ENDORSEMENT_POLICY_FAILURE) from None


def _public_keys(space: Space) -> dict[str, None]:
    """What is written of a namespace, each key once, though value and metadata of it may both be."""
    written = dict.fromkeys([write.key for write in space.public.writes])
    written.update(dict.fromkeys([write.key for write in space.public.metadata_writes]))
    return written


def _metadata_places(space: Space) -> Iterator[Place]:
    for write in space.public.metadata_writes:
        yield space.namespace, write.key
    for collection in space.collections:
        for hashed in collection.hashed.metadata_writes:
            yield keys.hashes_of(space.namespace, collection.collection), hashed.key_hash.hex()
