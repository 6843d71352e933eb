"""Requests handed over between our client and the official one: each sends what the other made or signed."""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gateway.fabric import Gateway, Identity, Network, Position, Signer, signer_from_pem
from gateway.fabric.signable import Signable
from network.ledger import member_profile
from tests.integration.node.conftest import Node
from tests.integration.node.test_script import configured
from tests.support.ledgers import Ledger

REBUILD: dict[str, Callable[[Network, bytes], Signable]] = {
    "Proposal": Network.proposal_from,
    "Transaction": Network.transaction_from,
    "Commit": Network.commit_from,
    "ChaincodeEventsRequest": Network.chaincode_events_request_from,
    "BlockEventsRequest": Network.block_events_request_from,
    "FilteredBlockEventsRequest": Network.filtered_block_events_request_from,
    "BlockAndPrivateDataEventsRequest": Network.block_and_private_data_events_request_from,
}


async def test_either_client_takes_the_others_requests(
    consortium: Ledger, node: Node, tmp_path: Path
) -> None:
    profile = member_profile(consortium.home, consortium.topology.organizations[0])
    sign = signer_from_pem(profile.key)
    identity = Identity(profile.msp_id, profile.certificate)
    async with Gateway(profile.peers, identity, None) as gateway, asyncio.timeout(60):
        network = gateway.network(profile.channel)
        ours = await requests(network, sign)
        told = await exchanged(node, configured(consortium, tmp_path), ours, tmp_path)
        for kind, request in ours.items():
            assert base64.b64decode(told["given"][kind]["digest"]) == request.digest
            signed = REBUILD[kind](network, base64.b64decode(told["given"][kind]["signed"]))
            assert signed.message == request.message
            await send(signed)
        for kind, encoded in told["own"].items():
            request = REBUILD[kind](network, base64.b64decode(encoded))
            assert request.signature == b""
            await send(request.signed(sign(request.digest)))


async def requests(network: Network, sign: Signer) -> dict[str, Signable]:
    """One of each kind, not signed."""
    contract = network.contract("everyone")
    proposal = contract.proposal("event", "Exchanged", "{}")
    signature = sign(proposal.digest)
    assert isinstance(signature, bytes)
    transaction = await proposal.signed(signature).endorse()
    return {
        "Proposal": contract.proposal("get", "nothing", endorsing_organizations=["ManufacturerMSP"]),
        "Transaction": transaction,
        "Commit": transaction.commit,
        "ChaincodeEventsRequest": network.chaincode_events_request("everyone", Position(0)),
        "BlockEventsRequest": network.block_events_request(Position(0)),
        "FilteredBlockEventsRequest": network.filtered_block_events_request(Position(0)),
        "BlockAndPrivateDataEventsRequest": network.block_and_private_data_events_request(Position(0)),
    }


async def exchanged(node: Node, configuration: Path, ours: dict[str, Signable], folder: Path) -> Any:
    """What the official client makes of them, and some of its own."""
    given = folder / "requests.json"
    given.write_text(
        json.dumps({kind: base64.b64encode(request.bytes).decode() for kind, request in ours.items()})
    )
    script = node.script.parent / "steps" / "exchange.mjs"
    done = await asyncio.to_thread(
        subprocess.run,
        [node.program, script, configuration, given],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


async def send(request: Any) -> None:
    """Send it as it is; this client has no signer."""
    if hasattr(request, "evaluate"):
        assert await request.evaluate() == b"null"
    elif hasattr(request, "submit"):
        await request.submit()
    elif hasattr(request, "status"):
        assert (await request.status()).successful
    else:
        async with request.events() as events:
            await anext(events)
