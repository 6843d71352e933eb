"""Blocks with private data, as a peer delivers them."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2

from gateway.fabric import connect
from gateway.fabric.profile import Profile

SECONDS = 20.0

Written = dict[str, dict[str, str | None]]
"""Keys and values by collection; None for a deletion."""


async def private_sets(asker: Profile, at: Profile, number: int) -> dict[int, Written]:
    """What the peer of ``at`` gives ``asker`` of a block's private data, by place of the transaction."""
    async with connect(replace(asker, peers=at.peers)) as gateway:
        events = gateway.network(asker.channel).block_and_private_data_events(start_block=number)
        async with asyncio.timeout(SECONDS):
            delivered = await anext(aiter(events))
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
