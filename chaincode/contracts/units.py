"""Writing units by the thousand."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from chaincode.contracts.context import Context
from chaincode.contracts.protection import owners_policy
from chaincode.model import keys
from chaincode.model.documents.registry import Party


def write_new(
    context: Context, gtin: str, lot: str, serials: Sequence[str], party: Party, origin: str | None = None
) -> None:
    """Write new units, owned and held by ``party``, each under its endorsement policy.

    ``origin`` is the id of the repackaging that they come from.
    """
    before, after = template(gtin, lot, party, context.now, origin)
    policy = owners_policy([party["msp_id"]], context.settings.members)
    new = (
        (keys.unit_key(gtin, serial), b'%b"%b"%b' % (before, serial.replace('"', '\\"').encode(), after))
        for serial in serials
    )
    context.stub.put_states(new, policy)


def template(gtin: str, lot: str, party: Party, now: int, origin: str | None) -> tuple[bytes, bytes]:
    """A new unit's canonical JSON before and after its serial number.

    A thousand units differ in nothing else, and set 82 has one character that JSON escapes, the quotation
    mark: made once, the rest is copied. A test holds this against ``canonical.dumps``.
    """
    marker = "\x00"
    document = {
        "commissioned_at": now,
        "custodian": party["gln"],
        "doc": "unit",
        "gtin": gtin,
        "lot": lot,
        "owner": party["gln"],
        "owner_msp": party["msp_id"],
        "period": 0,
        "serial": marker,
        "status": "commissioned",
    }
    if origin is not None:
        document["origin"] = origin
    before, after = orjson.dumps(document, option=orjson.OPT_SORT_KEYS).split(b'"\\u0000"')
    return before, after
