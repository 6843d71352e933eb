"""What a transaction function works with: the transaction, documents in and out, one event."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from chaincode.contracts.arguments import MAX_TIME_MS
from chaincode.model import canonical, keys
from chaincode.model.documents import Party, Product
from chaincode.model.errors import Code, Refusal
from chaincode.shim import ChaincodeCallError, Stub

REGISTRY = "registry"


class Context:
    """One transaction. Reads see committed state only, writes go out together when the function returns.

    Its time is the client's word: Refusal where no document, or no reader of it, could hold that time.
    """

    def __init__(self, stub: Stub) -> None:
        self.stub = stub
        self.now = stub.timestamp_ms
        if not 0 <= self.now <= MAX_TIME_MS:
            message = "the transaction's timestamp is outside the years 1970 to 9999"
            raise Refusal(Code.INVALID_ARGUMENT, message, "timestamp")

    @property
    def today(self) -> str:
        """The transaction's date in UTC, ``YYYY-MM-DD``."""
        return datetime.fromtimestamp(self.now / 1000, UTC).date().isoformat()

    @property
    def msp_id(self) -> str:
        """The organisation of whoever signed the proposal."""
        return self.stub.creator.msp_id

    async def read(self, key: str) -> Any:
        """A document, None where there is none."""
        value = await self.stub.get_state(key)
        return None if value is None else orjson.loads(value)

    async def read_all(self, wanted: Sequence[str]) -> list[Any]:
        """Documents in the order of their keys, in as few messages as the peer allows."""
        values = await self.stub.get_states(wanted)
        return [None if value is None else orjson.loads(value) for value in values]

    async def need(self, key: str, code: Code, what: str, field: str) -> Any:
        """A document; Refusal with ``code`` where there is none."""
        document = await self.read(key)
        if document is None:
            raise Refusal(code, f"{what} is not on the ledger", field)
        return document

    def write(self, key: str, document: Any) -> None:
        """Put a document."""
        self.stub.put_state(key, canonical.dumps(document))

    def event(self, name: str, payload: dict[str, Any]) -> None:
        """The transaction's event."""
        self.stub.set_event(name, canonical.dumps(payload))


class Resolved:
    """Parties and products as the registry has them in this transaction."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self._parties = answer["parties"]
        self._products = answer["products"]

    def party(self, gln: str, field: str) -> Party:
        """A registered party; Refusal where it is none."""
        if gln not in self._parties:
            raise Refusal(Code.PARTY_UNKNOWN, f"party {gln} is not registered", field)
        return self._parties[gln]

    def product(self, gtin: str, field: str) -> Product:
        """A registered product; Refusal where it is none."""
        if gtin not in self._products:
            raise Refusal(Code.PRODUCT_UNKNOWN, f"product {gtin} is not registered", field)
        return self._products[gtin]


async def resolve(context: Context, glns: Iterable[str] = (), gtins: Iterable[str] = ()) -> Resolved:
    """Ask the registry, once, within this transaction.

    What it answers is part of the transaction's read set: a licence revoked meanwhile makes it invalid.
    """
    question = canonical.dumps({"glns": sorted(set(glns)), "gtins": sorted(set(gtins))})
    try:
        answer = await context.stub.invoke_chaincode(REGISTRY, [b"Resolve", question])
    except ChaincodeCallError as error:
        refusal = Refusal.parse(error.message)
        raise refusal if refusal else error from error
    return Resolved(orjson.loads(answer))


async def regulators(context: Context) -> list[str]:
    """MSP ids of the consortium's regulators; only the registry holds them."""
    parameter = await context.read(keys.parameter_key("regulators"))
    return parameter["value"] if parameter else []
