"""What is done to proposals, by name: each takes a good draft and makes it one that is not, or hardly is."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from fabric_protos.common import common_pb2
from fabric_protos.peer import chaincode_pb2

from tests.integration.wire import damage, forge
from tests.integration.wire.cast import ORDER, Cast
from tests.integration.wire.forge import Draft

Edit = Callable[[Draft, Cast, Random], None]

LAYERS = (
    "proposal", "header", "channel_header", "signature_header", "extension", "payload", "input",
)  # fmt: skip
# Further from now than a peer's window, and just within it.
OUTSIDE, INSIDE = 20 * 60, 10 * 60


def edits() -> dict[str, Edit]:
    """Every edit by its name."""
    made: dict[str, Edit] = {"nothing": lambda draft, cast, chance: None}
    for way in damage.WAYS:
        for layer in LAYERS:
            made[f"{way} {layer}"] = _damaged(way, layer)
    made |= signatures() | headers() | _chaincodes()
    return made


def _damaged(way: str, layer: str) -> Edit:
    def edit(draft: Draft, _: Cast, chance: Random) -> None:
        draft.damage[layer] = damage.WAYS[way](chance)

    return edit


def signatures() -> dict[str, Edit]:
    """Edits of who signs and how."""
    made: dict[str, Edit] = {}
    for way in damage.WAYS:

        def edit(draft: Draft, _: Cast, chance: Random, way: str = way) -> None:
            draft.signature = damage.WAYS[way](chance)

        made[f"{way} signature"] = edit

    def of_another(draft: Draft, cast: Cast, _: Random) -> None:
        draft.creator = draft.client.serialized
        draft.client = cast.clients[1]

    def altered(draft: Draft, _: Cast, chance: Random) -> None:
        """Something else was signed than is sent."""
        client, words = draft.client, chance.randbytes(20)
        draft.signature = lambda _: client.sign(words)

    def high(draft: Draft, _: Cast, __: Random) -> None:
        draft.signature = high_s

    made |= {"signature of another": of_another, "signature of something else": altered, "high s": high}
    for name in STRANGERS:

        def by(draft: Draft, cast: Cast, _: Random, name: str = name) -> None:
            draft.client = cast.strangers[name]

        made[f"creator {name}"] = by

    def peer(draft: Draft, cast: Cast, chance: Random) -> None:
        draft.client = chance.choice(cast.peers)

    def orderer(draft: Draft, cast: Cast, _: Random) -> None:
        draft.client = cast.orderer

    def admin(draft: Draft, cast: Cast, chance: Random) -> None:
        draft.client = chance.choice(cast.admins)

    def member(draft: Draft, cast: Cast, chance: Random) -> None:
        draft.client = chance.choice(cast.clients[1:])

    def nobody(draft: Draft, _: Cast, __: Random) -> None:
        draft.creator = b""

    def no_nonce(draft: Draft, _: Cast, __: Random) -> None:
        draft.nonce = b""

    return made | {
        "creator a peer": peer,
        "creator an orderer": orderer,
        "creator an admin": admin,
        "creator of another member's": member,
        "creator empty": nobody,
        "nonce empty": no_nonce,
    }


def headers() -> dict[str, Edit]:
    """Edits of the channel header's fields."""

    def header(**fields: object) -> Edit:
        def edit(draft: Draft, _: Cast, __: Random) -> None:
            for name, value in fields.items():
                setattr(draft.channel_header, name, value)

        return edit

    def type_(value: int) -> Edit:
        return header(type=value)

    def time(seconds: float) -> Edit:
        def edit(draft: Draft, _: Cast, chance: Random) -> None:
            forge.at(draft.channel_header, chance.choice((-1, 1)) * seconds)

        return edit

    def timeless(draft: Draft, _: Cast, __: Random) -> None:
        draft.channel_header.ClearField("timestamp")

    def far(draft: Draft, _: Cast, chance: Random) -> None:
        draft.channel_header.timestamp.seconds = chance.choice((-(2**62), 2**62, -1, 2**40))

    def identity(value: str) -> Edit:
        def edit(draft: Draft, _: Cast, __: Random) -> None:
            draft.transaction_id = value

        return edit

    def other_id(draft: Draft, _: Cast, chance: Random) -> None:
        draft.transaction_id = chance.randbytes(32).hex()

    def upper_id(draft: Draft, _: Cast, __: Random) -> None:
        draft.transaction_id = "A" * 64

    return {
        "channel unknown": header(channel_id="elsewhere"),
        "channel empty": header(channel_id=""),
        "channel long": header(channel_id="c" * 5000),
        "channel odd": header(channel_id="Medi cines/€\n'\""),
        "version": header(version=7),
        "epoch": header(epoch=1),
        "type message": type_(common_pb2.MESSAGE),
        "type config": type_(common_pb2.CONFIG),
        "type config update": type_(common_pb2.CONFIG_UPDATE),
        "type seek": type_(common_pb2.DELIVER_SEEK_INFO),
        "type unknown": type_(77),
        "type negative": type_(-5),
        "time outside": time(OUTSIDE),
        "time inside": time(INSIDE),
        "time missing": timeless,
        "time far": far,
        "txid wrong": other_id,
        "txid empty": identity(""),
        "txid in capitals": upper_id,
        "txid long": identity("f" * 3000),
    }


def _chaincodes() -> dict[str, Edit]:
    def named(extension: str | None, spec: str | None) -> Edit:
        def edit(draft: Draft, _: Cast, __: Random) -> None:
            if extension is not None:
                draft.extension.chaincode_id.name = extension
            if spec is not None:
                draft.invocation.chaincode_spec.chaincode_id.name = spec

        return edit

    def no_extension_id(draft: Draft, _: Cast, __: Random) -> None:
        draft.extension.ClearField("chaincode_id")

    def no_spec(draft: Draft, _: Cast, __: Random) -> None:
        draft.invocation.ClearField("chaincode_spec")

    def no_spec_id(draft: Draft, _: Cast, __: Random) -> None:
        draft.invocation.chaincode_spec.ClearField("chaincode_id")

    def no_input(draft: Draft, _: Cast, __: Random) -> None:
        draft.invocation.chaincode_spec.ClearField("input")

    def called(name: str, *arguments: bytes) -> Edit:
        def edit(draft: Draft, _: Cast, __: Random) -> None:
            named(name, name)(draft, _, __)
            draft.invocation.chaincode_spec.input.CopyFrom(chaincode_pb2.ChaincodeInput(args=arguments))

        return edit

    def transient(edit: Edit) -> Edit:
        def both(draft: Draft, cast: Cast, chance: Random) -> None:
            edit(draft, cast, chance)
            draft.transient = {"secret": b"value"}

        return both

    channel = forge.CHANNEL.encode()
    return {
        "chaincode unknown": named("nothing", "nothing"),
        "chaincode empty": named("", ""),
        "chaincode empty in header": named("", None),
        "chaincode empty in spec": named(None, ""),
        "chaincode of header unknown": named("nothing", None),
        "chaincode of spec unknown": named(None, "nothing"),
        "chaincode missing in header": no_extension_id,
        "chaincode missing in spec": no_spec_id,
        "spec missing": no_spec,
        "input missing": no_input,
        "arguments missing": called(forge.CHAINCODE),
        "function unknown": called(forge.CHAINCODE, b"no such function"),
        "function not text": called(forge.CHAINCODE, b"\xff\xfe"),
        "function fails": called(forge.CHAINCODE, b"fail", b"some words"),
        "transient unknown chaincode": transient(named("nothing", "nothing")),
        "transient unknown function": transient(called(forge.CHAINCODE, b"no such function")),
        "qscc without arguments": called("qscc"),
        "qscc unknown function": called("qscc", b"Nothing", channel),
        "qscc unknown function alone": called("qscc", b"Nothing"),
        "qscc without channel": called("qscc", b"GetChainInfo"),
        "qscc other channel": called("qscc", b"GetChainInfo", b"elsewhere"),
        "qscc empty channel": called("qscc", b"GetChainInfo", b""),
        "qscc without number": called("qscc", b"GetBlockByNumber", channel),
        "qscc number no number": called("qscc", b"GetBlockByNumber", channel, b"many"),
        "qscc number negative": called("qscc", b"GetBlockByNumber", channel, b"-1"),
        "qscc number high": called("qscc", b"GetBlockByNumber", channel, b"987654321"),
        "qscc number too high": called("qscc", b"GetBlockByNumber", channel, b"9" * 30),
        "qscc number empty": called("qscc", b"GetBlockByNumber", channel, b""),
        "qscc hash unknown": called("qscc", b"GetBlockByHash", channel, b"\x01\x02"),
        "qscc hash empty": called("qscc", b"GetBlockByHash", channel, b""),
        "qscc transaction unknown": called("qscc", b"GetTransactionByID", channel, b"0" * 64),
        "qscc transaction empty": called("qscc", b"GetTransactionByID", channel, b""),
        "qscc block of transaction unknown": called("qscc", b"GetBlockByTxID", channel, b"0" * 64),
        "cscc channels of a channel": called("cscc", b"GetChannels", channel),
        "lifecycle without arguments": called("_lifecycle"),
        "lifecycle with one": called("_lifecycle", b"QueryChaincodeDefinitions"),
        "lifecycle with three": called("_lifecycle", b"QueryChaincodeDefinitions", b"", b""),
        "lifecycle unknown function": called("_lifecycle", b"Nothing", b""),
        "lifecycle definitions": called("_lifecycle", b"QueryChaincodeDefinitions", b""),
        "lifecycle definition": called("_lifecycle", b"QueryChaincodeDefinition", b"\x0a\x05probe"),
        "lifecycle definition unknown": called("_lifecycle", b"QueryChaincodeDefinition", b"\x0a\x07nothing"),
        "lifecycle definition of none": called("_lifecycle", b"QueryChaincodeDefinition", b""),
        "lifecycle garbage": called("_lifecycle", b"QueryChaincodeDefinition", b"\x07\xff"),
        "lifecycle not text": called("_lifecycle", b"QueryChaincodeDefinition", b"\x0a\x02\xff\xfe"),
        "cscc without arguments": called("cscc"),
        "cscc unknown function": called("cscc", b"Nothing", channel),
        "cscc without channel": called("cscc", b"GetConfigBlock"),
        "cscc other channel": called("cscc", b"GetConfigBlock", b"elsewhere"),
        "cscc channels": called("cscc", b"GetChannels"),
    }


STRANGERS = (
    "expired", "not yet valid", "without a role", "of two roles", "self-signed", "of another member",
    "claimed for another member", "of an unknown member", "of no member", "without a certificate",
    "of words", "garbage",
)  # fmt: skip


def high_s(signature: bytes) -> bytes:
    """The other signature that the same key and message have, which Fabric does not take."""
    r, s = decode_dss_signature(signature)
    return encode_dss_signature(r, ORDER - s)
