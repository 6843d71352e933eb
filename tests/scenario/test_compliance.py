"""A dry run on the real thing: the ledger answers, and stays as it was even where one is submitted."""

from __future__ import annotations

import json

from gateway.fabric import connect
from gateway.fabric.blocks import parse_block
from network import ledger
from tests.support.system import RunningSystem
from tests.support.world import World


async def test_a_dry_run_tells_every_refusal_and_writes_nothing(running: RunningSystem) -> None:
    async with World(running) as world:
        first, second = world.refs(await world.packs(2))
        await world.manufacturer.post("/quarantines", {"ref": second, "reason": "Seal broken"})
        arguments = {"gln": world.manufacturer.gln, "units": [first, second]}
        question = {"function": "Dispense", "arguments": arguments}
        told = await world.manufacturer.post("/compliance/checks", question)
        codes = [refusal["code"] for refusal in told["refusals"]]
        assert not told["allowed"]
        assert {"role_required", "held"} <= set(codes)
        assert ("held", "units[1]") in [(one["code"], one["field"]) for one in told["refusals"]]

    organization = next(o for o in running.system.topology.organizations if o.name == "manufacturer")
    profile = ledger.member_profile(running.system.home, organization)
    async with connect(profile) as gateway:
        network = gateway.network(profile.channel)
        proposal = network.contract("custody").proposal("compliance:Check", json.dumps(question).encode())
        transaction = await proposal.endorse()
        assert json.loads(transaction.result) == told
        status = await (await transaction.submit()).status()
        block = parse_block(await network.block(status.block_number))
    [view] = [one for one in block.transactions if one.tx_id == status.transaction_id]
    assert view.valid
    assert (list(view.writes), view.event) == ([], None)
