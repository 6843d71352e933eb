"""Every case: a call, what was done to its request, and the bytes, the same for the same seed and signers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from fabric_protos.common import common_pb2
from fabric_protos.gateway import gateway_pb2
from fabric_protos.peer import proposal_pb2

from tests.integration.wire import damage, forge, proposals, requests, transactions
from tests.integration.wire.cast import Cast

EVALUATE, ENDORSE, SUBMIT, STATUS, EVENTS = (
    f"/gateway.Gateway/{name}"
    for name in ("Evaluate", "Endorse", "Submit", "CommitStatus", "ChaincodeEvents")
)
PROCESS = "/protos.Endorser/ProcessProposal"
DELIVER, FILTERED, PRIVATE = (
    f"/protos.Deliver/{name}" for name in ("Deliver", "DeliverFiltered", "DeliverWithPrivateData")
)

Signed = proposal_pb2.SignedProposal


@dataclass(frozen=True)
class Case:
    """One request.

    ``envelope`` is the transaction in it, which may come to be in a block. ``deadly`` says that a real peer
    of Fabric 3.1.5 does not survive it, so that it is for devnet alone.
    """

    call: str
    kind: str
    sample: int
    message: bytes
    envelope: bytes = b""
    deadly: bool = False

    @property
    def name(self) -> str:
        """The class of mutations that it is of."""
        return f"{self.call.rpartition('/')[2]}: {self.kind}"


def every(cast: Cast, samples: int, seed: str = "") -> Iterator[Case]:
    """``samples`` of every class."""
    for sample in range(samples):
        yield from _proposals(cast, sample, seed)
        yield from _targeted(cast, sample, seed)
        yield from _transactions(cast, sample, seed)
        yield from _others(cast, sample, seed)
        yield from _bare(cast, sample, seed)


def _chance(seed: str, *of: object) -> Random:
    return Random("/".join(map(str, (seed, *of))))


def evaluate(signed: Signed, *organizations: str) -> bytes:
    return gateway_pb2.EvaluateRequest(
        transaction_id="0",
        channel_id=forge.CHANNEL,
        proposed_transaction=signed,
        target_organizations=organizations,
    ).SerializeToString()


def endorse(signed: Signed, *organizations: str) -> bytes:
    return gateway_pb2.EndorseRequest(
        transaction_id="0",
        channel_id=forge.CHANNEL,
        proposed_transaction=signed,
        endorsing_organizations=organizations,
    ).SerializeToString()


def submit(envelope: common_pb2.Envelope, **fields: Any) -> bytes:
    base = {"transaction_id": "0", "channel_id": forge.CHANNEL, "prepared_transaction": envelope}
    return gateway_pb2.SubmitRequest(**base | fields).SerializeToString()


def _process(signed: Signed) -> bytes:
    return signed.SerializeToString()


_WRAPS: dict[str, Callable[[Signed], bytes]] = {EVALUATE: evaluate, ENDORSE: endorse, PROCESS: _process}


def _signed(cast: Cast, call: str, edit: proposals.Edit, chance: Random) -> Signed:
    # To evaluate is to read, which any peer can do at any time; to endorse is to write.
    key = chance.randbytes(8).hex().encode()
    arguments = (b"get", key) if call == EVALUATE else (b"put", key, b"v")
    draft = forge.draft(cast.client, chance.randbytes(24), *arguments)
    edit(draft, cast, chance)
    return draft.signed()


def _proposals(cast: Cast, sample: int, seed: str) -> Iterator[Case]:
    for kind, edit in proposals.edits().items():
        for call, wrap in _WRAPS.items():
            # Peers write down who has approved in an order of their own, and may endorse different bytes.
            if (call, kind) == (ENDORSE, "lifecycle definition"):
                continue
            chance = _chance(seed, call, kind, sample)
            yield Case(call, kind, sample, wrap(_signed(cast, call, edit, chance)))


_TARGETS = {
    "nobody": ("NobodyMSP",),
    "nobody and its own": ("NobodyMSP", "ManufacturerMSP"),
    "another": ("DistributorMSP",),
    "two others": ("DistributorMSP", "RegulatorMSP"),
    "its own": ("ManufacturerMSP",),
    "its own twice": ("ManufacturerMSP", "ManufacturerMSP"),
    "all": ("ManufacturerMSP", "DistributorMSP", "RegulatorMSP"),
}
_TARGETED = (
    "nothing", "channel unknown", "chaincode unknown", "txid wrong", "time outside", "creator expired",
    "creator self-signed", "creator a peer", "function unknown", "function fails",
    "chaincode of header unknown", "transient unknown function", "truncated extension",
    "truncated signature_header", "qscc other channel", "signature of another",
)  # fmt: skip


def _targeted(cast: Cast, sample: int, seed: str) -> Iterator[Case]:
    edits = proposals.edits()
    for name, organizations in _TARGETS.items():
        for kind in _TARGETED:
            for call, wrap in ((EVALUATE, evaluate), (ENDORSE, endorse)):
                chance = _chance(seed, call, kind, name, sample)
                signed = _signed(cast, call, edits[kind], chance)
                yield Case(call, f"{kind}, asked of {name}", sample, wrap(signed, *organizations))


def transaction(cast: Cast, chance: Random) -> forge.Transaction:
    """A transaction that writes a key of its own."""
    key = chance.randbytes(8).hex()
    draft = forge.draft(cast.client, chance.randbytes(24), b"put", key.encode(), b"v")
    return forge.Transaction(draft, cast.peers[:2], forge.writes(key))


def _transactions(cast: Cast, sample: int, seed: str) -> Iterator[Case]:
    for kind, edit in transactions.edits().items():
        for again in range(100):
            chance = _chance(seed, SUBMIT, kind, sample, again)
            made = transaction(cast, chance)
            edit(made, cast, chance)
            envelope = made.envelope()
            if not transactions.deadly(envelope):
                break
        deadly = kind in transactions.DEADLY or transactions.deadly(envelope)
        yield Case(SUBMIT, kind, sample, submit(envelope), envelope.SerializeToString(), deadly)
    for kind, edit in transactions.odd().items():
        chance = _chance(seed, SUBMIT, kind, sample)
        made = transaction(cast, chance)
        edit(made, cast, chance)
        envelope = made.envelope()
        deadly = kind in transactions.DEADLY
        yield Case(SUBMIT, kind, sample, submit(envelope), envelope.SerializeToString(), deadly)
    yield from _repeated(cast, sample, seed)


def _repeated(cast: Cast, sample: int, seed: str) -> Iterator[Case]:
    """A transaction twice; another transaction by the id of one that is there; a proposal of one's id."""
    chance = _chance(seed, SUBMIT, "repeated", sample)
    first = transaction(cast, chance)
    envelope = first.envelope()
    for kind in ("first of an id", "first of an id again"):
        yield Case(SUBMIT, kind, sample, submit(envelope), envelope.SerializeToString())
    for kind, change in _SECONDS.items():
        other = forge.Transaction(first.draft, cast.peers[1:], forge.writes(f"{kind} {sample}"))
        change(other, cast, chance)
        envelope = other.envelope()
        yield Case(SUBMIT, kind, sample, submit(envelope), envelope.SerializeToString())

    # By an id that is another's, and then the other by its own.
    own = transaction(cast, chance)
    other = transaction(cast, chance)
    header = common_pb2.ChannelHeader.FromString(own.draft.header().channel_header)
    other.draft.transaction_id = header.tx_id
    for kind, made in (("by another's id", other), ("whose id another has used", own)):
        envelope = made.envelope()
        yield Case(SUBMIT, kind, sample, submit(envelope), envelope.SerializeToString())


_ALONE = transactions.edits()
_SECONDS = {
    f"second of an id, {kind}": _ALONE[kind]
    for kind in (
        "nothing", "endorsed by one", "version empty", "chaincode unknown", "garbage for results",
        "garbage for extension", "a namespace twice", "proposal hash wrong", "reads what has changed",
        "epoch", "no action",
    )
}  # fmt: skip


def duplicates(cast: Cast, samples: int, seed: str = "") -> Iterator[Case]:
    """Requests about transactions that are in blocks, once `every` case was sent."""
    for sample in range(samples):
        chance = _chance(seed, SUBMIT, "repeated", sample)
        draft = transaction(cast, chance).draft
        identity = common_pb2.ChannelHeader.FromString(draft.header().channel_header).tx_id
        yield Case(STATUS, "of a transaction", sample, requests.status_of(cast, identity))
        yield Case(EVENTS, "after a transaction", sample, requests.events_after(cast, identity))
        for kind in ("endorsed by one", "reads what has changed", "type message", "txid wrong"):
            made = transaction(cast, again := _chance(seed, SUBMIT, kind, sample, 0))
            _ALONE[kind](made, cast, again)
            spoilt = common_pb2.ChannelHeader.FromString(made.draft.header().channel_header).tx_id
            yield Case(STATUS, f"of one: {kind}", sample, requests.status_of(cast, spoilt))
        for call, wrap in _WRAPS.items():
            yield Case(call, "id of a transaction", sample, wrap(draft.signed()))


def _others(cast: Cast, sample: int, seed: str) -> Iterator[Case]:
    for call, made in ((STATUS, requests.statuses()), (EVENTS, requests.events())):
        for kind, make in made.items():
            yield Case(call, kind, sample, make(cast, _chance(seed, call, kind, sample)))
    for call in (DELIVER, FILTERED, PRIVATE):
        for kind, edit in requests.seeks().items():
            chance = _chance(seed, call, kind, sample)
            seek = forge.seek(cast.client)
            edit(seek, cast, chance)
            # A filtered block is made of what a block without its data does not have.
            deadly = call == FILTERED and kind == "headers only"
            yield Case(call, kind, sample, seek.envelope().SerializeToString(), deadly=deadly)


def _bare(cast: Cast, sample: int, seed: str) -> Iterator[Case]:
    """Requests that are damaged themselves, or lack what is signed."""
    chance = _chance(seed, "bare", sample)
    signed = _signed(cast, EVALUATE, lambda draft, cast, chance: None, chance)
    good = transaction(cast, chance).envelope()
    unsigned = common_pb2.Envelope(payload=good.payload)
    whole = {
        EVALUATE: evaluate(signed),
        ENDORSE: endorse(signed),
        PROCESS: _process(signed),
        SUBMIT: submit(unsigned),
        STATUS: requests.statuses()["nothing"](cast, chance),
        EVENTS: requests.events()["nothing"](cast, chance),
        DELIVER: forge.seek(cast.client).envelope().SerializeToString(),
    }
    for call, message in whole.items():
        for way in ("truncated", "garbage for", "empty"):
            yield Case(call, f"{way} request bytes", sample, damage.WAYS[way](chance)(message))
    yield Case(SUBMIT, "no signature", sample, submit(unsigned))
    empty = common_pb2.Envelope(signature=b"s")
    yield Case(SUBMIT, "no payload", sample, submit(empty), empty.SerializeToString())
    yield Case(
        SUBMIT, "no transaction", sample, gateway_pb2.SubmitRequest(channel_id="c").SerializeToString()
    )
    for kind, channel in (("channel of request unknown", "elsewhere"), ("channel of request empty", "")):
        yield Case(SUBMIT, kind, sample, submit(good, channel_id=channel), good.SerializeToString())
