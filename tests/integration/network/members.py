"""Clients of a ledger with two channels: as whoever has a certificate, and what the nodes answer them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from gateway.fabric import Gateway, GatewayCallError, Profile, connect
from network import ledger
from network.identities import Identities
from tests.support.ledgers import Ledger

FIRST, SECOND = "medicines", "trade"
# A minute ago, when certificates are made valid from five minutes ago on.
EXPIRED = timedelta(minutes=-1)


def profile(network: Ledger, member: str, user: str = "gateway") -> Profile:
    return ledger.member_profile(network.home, network.member(member), user)


def client(network: Ledger, member: str, user: str = "gateway") -> Gateway:
    """A member's user at its own peer."""
    return connect(profile(network, member, user))


def bearer(network: Ledger, member: str, unit: str, lifetime: timedelta = timedelta(days=1)) -> Gateway:
    """At a member's peer, with a certificate that its authority issues for this."""
    organization = network.member(member)
    authority = Identities(network.topology, network.home / "network").authority(organization)
    made = authority.issue_identity(f"one@{member}", member, unit, lifetime=lifetime)
    return connect(replace(profile(network, member), certificate=made.certificate, key=made.key))


def stranger(network: Ledger, member: str, of: str) -> Gateway:
    """At a member's peer, as a user of another."""
    theirs = profile(network, of)
    return connect(
        replace(
            profile(network, member), msp_id=theirs.msp_id, certificate=theirs.certificate, key=theirs.key
        )
    )


def words(error: GatewayCallError) -> tuple[str, str, list[str]]:
    """A refusal: its code, its message, the nodes' own messages."""
    return error.code.name, error.message, [detail.message for detail in error.details]
