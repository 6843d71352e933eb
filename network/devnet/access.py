"""Whether somebody may: one signature held against one of a channel's policies."""

from __future__ import annotations

from network.devnet.chain import Chain
from network.devnet.msp import IdentityRefused


def refusal(chain: Chain, path: str, identity: bytes, message: bytes, signature: bytes) -> str:
    """Why a signature of ``identity`` does not satisfy a policy, in a peer's words; empty where it does.

    An identity that is not valid, or did not sign, is nobody to a policy.
    """
    try:
        member = chain.membership.identify(identity)
        member.verify(message, signature)
        signers = [member.principals]
    except IdentityRefused:
        signers = []
    wanted = chain.policies.get(path)
    return f"no such policy: '{path}'" if wanted is None else wanted.failure(signers)


def check(chain: Chain, path: str, identity: bytes, message: bytes, signature: bytes) -> str:
    """The same as a peer tells it to whoever asked (core/policy); empty where it lets them."""
    why = refusal(chain, path, identity, message, signature)
    return why and (
        f"Failed evaluating policy on signed data during check policy on channel [{chain.channel}] "
        f"with policy [{path}]: [{why}]"
    )
