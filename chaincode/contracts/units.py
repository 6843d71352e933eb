"""Writing units by the thousand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chaincode.contracts.context import Context
from chaincode.contracts.protection import owners_policy
from chaincode.model import canonical, keys
from chaincode.model.documents.registry import Party


def write_new(
    context: Context, gtin: str, lot: str, serials: Sequence[str], party: Party, origin: str | None = None
) -> None:
    """Write new units, owned and held by ``party``, each under its endorsement policy.

    ``origin`` is the id of the repackaging that they come from.
    """
    document: dict[str, Any] = {
        "doc": "unit",
        "lot": lot,
        "period": 0,
        "status": "commissioned",
        "commissioned_at": context.now,
        "owner": party["gln"],
        "owner_msp": party["msp_id"],
        "custodian": party["gln"],
    }
    if origin is not None:
        document["origin"] = origin
    # A unit's key says the rest of it.
    value = canonical.dumps(document)
    policy = owners_policy([party["msp_id"]], context.settings.members)
    context.stub.put_states(((keys.unit_key(gtin, serial), value) for serial in serials), policy)
