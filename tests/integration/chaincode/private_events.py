"""Blocks with private data, as a peer delivers them."""

from __future__ import annotations

import asyncio
import time

from fabric_protos.common import common_pb2
from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2
from fabric_protos.orderer import ab_pb2

from gateway.fabric import Identity, signer_from_pem
from gateway.fabric.headers import header, nonce
from gateway.fabric.profile import Profile
from gateway.fabric.transport import Deadlines, Transport

SECONDS = 20.0

Written = dict[str, dict[str, str | None]]
"""Keys and values by collection; None for a deletion."""


async def private_sets(asker: Profile, at: Profile, number: int) -> dict[int, Written]:
    """What the peer of ``at`` gives ``asker`` of a block's private data, by place of the transaction."""
    transport = Transport(at.peers, Deadlines(), asker.tls)
    position = ab_pb2.SeekPosition(specified=ab_pb2.SeekSpecified(number=number))
    seek = ab_pb2.SeekInfo(start=position, stop=position, behavior=ab_pb2.SeekInfo.BLOCK_UNTIL_READY)
    creator = Identity(asker.msp_id, asker.certificate).serialized
    sought = header(
        common_pb2.DELIVER_SEEK_INFO,
        asker.channel,
        creator,
        nonce(),
        time.time_ns(),
        tls_cert_hash=transport.tls_certificate_hash,
    )
    payload = common_pb2.Payload(header=sought, data=seek.SerializeToString()).SerializeToString()
    try:
        async with asyncio.timeout(SECONDS):
            call = transport.current.deliver.DeliverWithPrivateData()
            await call.write(
                common_pb2.Envelope(payload=payload, signature=signer_from_pem(asker.key)(payload))
            )
            answer = await call.read()
            call.cancel()
    finally:
        await transport.close()
    assert answer.WhichOneof("Type") == "block_and_private_data", answer
    delivered = answer.block_and_private_data
    assert delivered.block.header.number == number
    return {
        place: {
            collection.collection_name: {
                write.key: None if write.is_delete else write.value.decode()
                for write in kv_rwset_pb2.KVRWSet.FromString(collection.rwset).writes
            }
            for namespace in sets.ns_pvt_rwset
            for collection in namespace.collection_pvt_rwset
        }
        for place, sets in delivered.private_data_map.items()
    }
