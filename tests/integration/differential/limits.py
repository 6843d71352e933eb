"""What is taken out of a sequence after it was drawn."""

from __future__ import annotations

from dataclasses import replace

from tests.integration.differential.sequences import (
    IMPLICIT,
    KEYS,
    MOST_CALLS,
    PRIVATE_WRITES,
    Block,
    Call,
    Operation,
    Round,
    Sequence,
)

_DELETES = ("delete", "delete_private", "purge_private")
# What sets a policy, and how many of its first parts, its name among them, say of which key.
_GUARDS = {"set_policy": 2, "set_private_policy": 3}
_NOTHING: tuple[Operation, ...] = (("get", KEYS[0]),)


def bounded(rounds: list[Round]) -> Sequence:
    """No more transactions than a sequence may have: what is too much at its end is left out."""
    left = MOST_CALLS
    kept: list[Round] = []
    for one in rounds:
        blocks = []
        for block in one:
            if left:
                blocks.append(block[:left])
            left -= min(left, len(block))
        if blocks:
            kept.append(tuple(blocks))
    return Sequence(tuple(kept))


def told(sequence: Sequence) -> Sequence:
    """The same with no valid private write that its own member's peer has not endorsed.

    Only by endorsing does that peer come by the value of an implicit collection: another peer sends it to
    nobody, and on Fabric the block would wait until the member's peer gives up asking for it. Without a
    policy of the key's own such a write is invalid, and nobody asks.
    """
    guarded = {
        one[1] for call in sequence.calls() for one in call.all_operations if one[0] == "set_private_policy"
    }

    def endorsed(call: Call) -> Call:
        written = {one[1] for one in call.all_operations if one[0] in PRIVATE_WRITES}
        owners = {IMPLICIT[name] for name in written & guarded if name in IMPLICIT}
        return replace(call, endorsers=tuple(sorted({*call.endorsers, *owners})))

    return Sequence(
        tuple(tuple(tuple(endorsed(call) for call in block) for block in one) for one in sequence.rounds)
    )


def survivable(sequence: Sequence) -> Sequence:
    """The same without what ends every peer of Fabric 3.1.5, now and whenever it is started again.

    A transaction that sets the policy of a key and does not write it must not follow one that deletes the key
    in the same block ("Nil value not allowed", core/ledger/kvledger/txmgmt/validation: prepareTxOps).
    """
    return Sequence(tuple(tuple(_kept(block) for block in one) for one in sequence.rounds))


def _kept(block: Block) -> Block:
    gone = {
        (place, one[1:])
        for place, call in enumerate(block)
        for one in call.all_operations
        if one[0] in _DELETES
    }

    def goes(place: int, one: Operation) -> bool:
        count = _GUARDS.get(one[0])
        return count is not None and any(key == one[1:count] and other != place for other, key in gone)

    return tuple(
        replace(call, operations=tuple(one for one in call.operations if not goes(place, one)) or _NOTHING)
        for place, call in enumerate(block)
    )
