"""What is done to the other requests, by name: commit status, chaincode events, blocks, and bare bytes."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from fabric_protos.gateway import gateway_pb2
from fabric_protos.orderer import ab_pb2

from network.devnet.nodes import Node
from tests.integration.wire import damage, forge, proposals
from tests.integration.wire.cast import Cast
from tests.integration.wire.forge import Seek

# A request to a stream or for a status: its fields, who signs, what becomes of bytes and signature.
Fields = dict[str, Any]
Maker = Callable[[Cast, Random], bytes]
SeekEdit = Callable[[Seek, Cast, Random], None]
UNKNOWN = "0" * 64


def status_of(cast: Cast, identity: str) -> bytes:
    """A good SignedCommitStatusRequest."""
    request = gateway_pb2.CommitStatusRequest(
        transaction_id=identity, channel_id=forge.CHANNEL, identity=cast.client.serialized
    ).SerializeToString()
    return gateway_pb2.SignedCommitStatusRequest(
        request=request, signature=cast.client.sign(request)
    ).SerializeToString()


def events_after(cast: Cast, identity: str) -> bytes:
    """A good SignedChaincodeEventsRequest that names the last transaction whose events are known."""
    request = gateway_pb2.ChaincodeEventsRequest(
        chaincode_id=forge.CHAINCODE,
        channel_id=forge.CHANNEL,
        identity=cast.client.serialized,
        after_transaction_id=identity,
    ).SerializeToString()
    return gateway_pb2.SignedChaincodeEventsRequest(
        request=request, signature=cast.client.sign(request)
    ).SerializeToString()


def statuses() -> dict[str, Maker]:
    """SignedCommitStatusRequest."""

    def made(fields: Fields, request: damage.Damage, signature: damage.Damage, signer: Node) -> bytes:
        base = {"transaction_id": UNKNOWN, "channel_id": forge.CHANNEL, "identity": signer.serialized}
        data = request(gateway_pb2.CommitStatusRequest(**base | fields).SerializeToString())
        return gateway_pb2.SignedCommitStatusRequest(
            request=data, signature=signature(signer.sign(data))
        ).SerializeToString()

    return _signed(made) | {
        "no transaction id": lambda cast, chance: made({"transaction_id": ""}, _same, _same, cast.client),
    }


def events() -> dict[str, Maker]:
    """SignedChaincodeEventsRequest."""

    def made(fields: Fields, request: damage.Damage, signature: damage.Damage, signer: Node) -> bytes:
        base = {"chaincode_id": forge.CHAINCODE, "channel_id": forge.CHANNEL, "identity": signer.serialized}
        data = request(gateway_pb2.ChaincodeEventsRequest(**base | fields).SerializeToString())
        return gateway_pb2.SignedChaincodeEventsRequest(
            request=data, signature=signature(signer.sign(data))
        ).SerializeToString()

    def of(**fields: Any) -> Maker:
        return lambda cast, chance: made(fields, _same, _same, cast.client)

    return _signed(made) | {
        "after an unknown transaction": of(after_transaction_id=UNKNOWN),
        "of another chaincode": of(chaincode_id="nothing"),
        "of no chaincode": of(chaincode_id=""),
        "from the oldest": of(start_position=ab_pb2.SeekPosition(oldest=ab_pb2.SeekOldest())),
        "from the newest": of(start_position=ab_pb2.SeekPosition(newest=ab_pb2.SeekNewest())),
        "from the next": of(start_position=ab_pb2.SeekPosition(next_commit=ab_pb2.SeekNextCommit())),
        "from nowhere": of(start_position=ab_pb2.SeekPosition()),
        "from far ahead": of(start_position=_specified(2**40)),
        "from beyond": of(start_position=_specified(2**64 - 1)),
    }


def _signed(made: Callable[[Fields, damage.Damage, damage.Damage, Node], bytes]) -> dict[str, Maker]:
    """What a request that carries its signer's identity can suffer."""

    def plain(**fields: Any) -> Maker:
        return lambda cast, chance: made(fields, _same, _same, cast.client)

    found: dict[str, Maker] = {
        "nothing": plain(),
        "channel unknown": plain(channel_id="elsewhere"),
        "channel empty": plain(channel_id=""),
        "identity empty": plain(identity=b""),
        "identity of another": lambda cast, chance: made(
            {"identity": cast.clients[1].serialized}, _same, _same, cast.client
        ),
        "by a peer": lambda cast, chance: made({}, _same, _same, chance.choice(cast.peers)),
        "by an orderer": lambda cast, chance: made({}, _same, _same, cast.orderer),
        "by another member's": lambda cast, chance: made({}, _same, _same, cast.clients[1]),
        "high s": lambda cast, chance: made({}, _same, proposals.high_s, cast.client),
    }
    for way, draw in damage.WAYS.items():
        found[f"{way} request"] = lambda cast, chance, draw=draw: made({}, draw(chance), _same, cast.client)
        found[f"{way} signature"] = lambda cast, chance, draw=draw: made({}, _same, draw(chance), cast.client)
    for name in proposals.STRANGERS:
        found[f"by one {name}"] = lambda cast, chance, name=name: made({}, _same, _same, cast.strangers[name])
    return found


def seeks() -> dict[str, SeekEdit]:
    """Edits of requests for blocks."""
    made: dict[str, SeekEdit] = {"nothing": lambda seek, cast, chance: None}
    for way, draw in damage.WAYS.items():
        for layer in ("payload", "channel_header", "signature_header", "seek"):

            def damaged(seek: Seek, _: Cast, chance: Random, draw: Any = draw, layer: str = layer) -> None:
                seek.damage[layer] = draw(chance)

            made[f"{way} {layer}"] = damaged

        def signed(seek: Seek, _: Cast, chance: Random, draw: Any = draw) -> None:
            seek.signature = draw(chance)

        made[f"{way} signature"] = signed
    for name in proposals.STRANGERS:

        def by(seek: Seek, cast: Cast, _: Random, name: str = name) -> None:
            seek.client = cast.strangers[name]

        made[f"by one {name}"] = by
    return made | _places() | _seek_headers()


def _seek_headers() -> dict[str, SeekEdit]:
    def header(**fields: Any) -> SeekEdit:
        def edit(seek: Seek, _: Cast, __: Random) -> None:
            for name, value in fields.items():
                setattr(seek.channel_header, name, value)

        return edit

    def time(seconds: float) -> SeekEdit:
        def edit(seek: Seek, _: Cast, chance: Random) -> None:
            forge.at(seek.channel_header, chance.choice((-1, 1)) * seconds)

        return edit

    def timeless(seek: Seek, _: Cast, __: Random) -> None:
        seek.channel_header.ClearField("timestamp")

    def headless(seek: Seek, _: Cast, __: Random) -> None:
        seek.damage["no_header"] = _same

    def high(seek: Seek, _: Cast, __: Random) -> None:
        seek.signature = proposals.high_s

    def by_peer(seek: Seek, cast: Cast, chance: Random) -> None:
        seek.client = chance.choice(cast.peers)

    def creator(seek: Seek, cast: Cast, _: Random) -> None:
        seek.creator = cast.clients[1].serialized

    return {
        "channel unknown": header(channel_id="elsewhere"),
        "channel empty": header(channel_id=""),
        "type other": header(type=3),
        "type unknown": header(type=77),
        "epoch": header(epoch=4),
        "time outside": time(proposals.OUTSIDE),
        "time inside": time(proposals.INSIDE),
        "time missing": timeless,
        "no header": headless,
        "high s": high,
        "by a peer": by_peer,
        "creator another": creator,
    }


def _places() -> dict[str, SeekEdit]:
    def info(**fields: Any) -> SeekEdit:
        def edit(seek: Seek, _: Cast, __: Random) -> None:
            seek.info.CopyFrom(ab_pb2.SeekInfo(**fields))

        return edit

    none = ab_pb2.SeekPosition()
    oldest = ab_pb2.SeekPosition(oldest=ab_pb2.SeekOldest())
    newest = ab_pb2.SeekPosition(newest=ab_pb2.SeekNewest())
    following = ab_pb2.SeekPosition(next_commit=ab_pb2.SeekNextCommit())
    first, second, far, last = (_specified(number) for number in (0, 1, 2**40, 2**64 - 1))
    now = ab_pb2.SeekInfo.FAIL_IF_NOT_READY
    return {
        "from nowhere": info(stop=first),
        "to nowhere": info(start=first),
        "from a place without a type": info(start=none, stop=first),
        "to a place without a type": info(start=first, stop=none, behavior=now),
        "backwards": info(start=second, stop=first),
        "from oldest": info(start=oldest, stop=oldest),
        "from newest": info(start=newest, stop=newest),
        "from newest to first": info(start=newest, stop=first),
        "to newest": info(start=first, stop=newest),
        "from far ahead": info(start=far, stop=far),
        "from far ahead now": info(start=far, stop=far, behavior=now),
        "to far ahead now": info(start=first, stop=far, behavior=now),
        "to the end now": info(start=first, stop=last, behavior=now),
        "from the next now": info(start=following, stop=last, behavior=now),
        "from the next": info(start=following, stop=last),
        "to the next": info(start=first, stop=following, behavior=now),
        "headers only": info(start=first, stop=second, content_type=ab_pb2.SeekInfo.HEADER_WITH_SIG),
    }


def _specified(number: int) -> ab_pb2.SeekPosition:
    return ab_pb2.SeekPosition(specified=ab_pb2.SeekSpecified(number=number))


def _same(data: bytes) -> bytes:
    return data
