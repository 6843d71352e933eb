"""Signatures that are not computed again, and those that never count."""

from __future__ import annotations

import pytest

from network.devnet.msp import IdentityRefused, Membership
from network.devnet.nodes import Node
from network.devnet.signatures import Remembered


def test_the_newest_are_remembered_and_no_more_than_twice_the_size() -> None:
    remembered = Remembered(3)
    tokens = [bytes([number]) for number in range(10)]
    for token in tokens:
        remembered.add(token)
    assert [token in remembered for token in tokens] == [False] * 6 + [True] * 4


def test_a_signature_counts_for_its_own_message_and_identity_alone(
    membership: Membership, peers: dict[str, Node]
) -> None:
    one, other = list(peers.values())[:2]
    signature = one.sign(b"message")
    for _ in range(2):
        membership.identify(one.serialized).verify(b"message", signature)
        for node, message in ((other, b"message"), (one, b"another message")):
            with pytest.raises(IdentityRefused):
                membership.identify(node.serialized).verify(message, signature)
