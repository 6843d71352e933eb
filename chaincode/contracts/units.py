"""Writing units by the thousand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chaincode.contracts.context import Context
from chaincode.contracts.protection import NOBODY
from chaincode.model import canonical, keys, trays
from chaincode.model.documents.registry import Party


def write_new(
    context: Context, gtin: str, lot: str, serials: Sequence[str], party: Party, origin: str | None = None
) -> None:
    """Write new units, owned and held by ``party``: in trays under its policy, each named by its units.

    ``origin`` is the id of the repackaging that they come from.
    """
    common: dict[str, Any] = {"lot": lot, "commissioned_at": context.now}
    if origin is not None:
        common["origin"] = origin
    for inside in trays.divided(serials):
        tray: dict[str, Any] = {
            "doc": "tray",
            "gtin": gtin,
            "serial": inside[0],
            **common,
            "serials": list(inside),
            "left": [],
            "owner": party["gln"],
            "owner_msp": party["msp_id"],
            "custodian": party["gln"],
        }
        context.write(keys.tray_key(gtin, inside[0]), tray, protected_by=[party["msp_id"]])
        # A unit's key says the rest of it.
        value = canonical.dumps({"doc": "unit", "period": 0, "tray": inside[0], **common})
        context.stub.put_states(((keys.unit_key(gtin, serial), value) for serial in inside), NOBODY)
