"""What a transaction function works with: the transaction, documents in and out, one event."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, ParamSpec

import orjson

from chaincode.contracts.arguments import MAX_TIME_MS
from chaincode.contracts.protection import NOBODY, owners_policy
from chaincode.contracts.settings import Settings
from chaincode.contracts.trails import Trails
from chaincode.model import canonical, trays
from chaincode.model.directory import SETTINGS_KEY, bucket_key
from chaincode.model.documents.goods import Tray
from chaincode.model.documents.registry import Party, Product
from chaincode.model.errors import Code, Refusal
from chaincode.rules import governance, parties
from chaincode.rules.catalogue import name_of
from chaincode.shim import ChaincodeCallError, Stub

# The two chaincodes, by which each knows the other.
REGISTRY, CUSTODY = "registry", "custody"

Demand = ParamSpec("Demand")


class Context:
    """One transaction. Reads see committed state only, writes go out together when the function returns.

    Its time is the client's word: Refusal where no document, or no reader of it, could hold that time.

    ``findings`` is given in a dry run: what rules refuse is put there, and the function goes on. ``trails``
    are what the process remembers of earlier transactions.
    """

    def __init__(
        self, stub: Stub, findings: list[Refusal] | None = None, trails: Trails | None = None
    ) -> None:
        self.stub = stub
        self.trails = trails or Trails()
        self.now = stub.timestamp_ms
        self._findings = findings
        self._settings: Settings | None = None
        # Committed state does not change within a transaction: a second reading would only cost a message.
        self._read: dict[str, Any] = {}
        self._expected: list[str] = []
        self._leaving: dict[str, tuple[Tray, list[str]]] = {}
        if not 0 <= self.now <= MAX_TIME_MS:
            message = "the transaction's timestamp is outside the years 1970 to 9999"
            raise Refusal(Code.INVALID_ARGUMENT, message, "timestamp")

    @property
    def today(self) -> str:
        """The transaction's date in UTC, ``YYYY-MM-DD``."""
        return datetime.fromtimestamp(self.now / 1000, UTC).date().isoformat()

    @property
    def is_dry(self) -> bool:
        """Whether what rules refuse is only noted."""
        return self._findings is not None

    @property
    def msp_id(self) -> str:
        """The organisation of whoever signed the proposal."""
        return self.stub.creator.msp_id

    @property
    def settings(self) -> Settings:
        """The consortium's settings; there once they were read in this transaction."""
        if self._settings is None:
            raise LookupError("the settings were not read yet")
        return self._settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        self._settings = settings

    def check(self, rule: Callable[Demand, None], *args: Demand.args, **kwargs: Demand.kwargs) -> None:
        """Apply a rule of the catalogue; its Refusal then names the rule and the settings' version.

        In a dry run the refusal is noted and the function goes on.
        """
        try:
            rule(*args, **kwargs)
        except Refusal as refusal:
            refusal.rule = name_of(rule)
            if self._settings is not None:
                refusal.rules = self._settings.version
            if self._findings is None:
                raise
            self._findings.append(refusal)

    async def read(self, key: str) -> Any:
        """A document, None where there is none. It is not to be changed: the next reader gets the same."""
        if key not in self._read:
            self._keep(key, await self.stub.get_state(key), {})
        return self._read[key]

    async def read_all(self, wanted: Sequence[str]) -> list[Any]:
        """As ``read``, in the order of the keys and in as few messages as the peer allows."""
        known = self._read
        missing = [key for key in wanted if key not in known]
        if missing:
            missing = list(dict.fromkeys(missing))
            missing += [key for key in self._expected if key not in known and key not in missing]
            self._expected = []
            values = await self.stub.get_states(missing)
            # Packs by the thousand are written alike: what is alike is parsed once, and is one document.
            parsed: dict[bytes, Any] = {}
            for key, value in zip(missing, values, strict=True):
                self._keep(key, value, parsed)
        return [known[key] for key in wanted]

    async def read_between(
        self, wanted: Sequence[str], kind: str, first: Sequence[str], last: Sequence[str], most: int
    ) -> None:
        """Read keys of one kind from ``first`` to ``last``, which ``read_all`` then has: those ``wanted``.

        Where there are ``most`` keys or more between, the reading ends, and ``read_all`` has none of them.
        """
        found = await self.stub.iterate_between(kind, first, last).take(most)
        if len(found) == most:
            return
        values, parsed = dict(found), dict[bytes, Any]()
        for key in wanted:
            self._keep(key, values.get(key), parsed)

    def expect(self, wanted: Iterable[str]) -> None:
        """Have some documents read with whatever ``read_all`` reads next: that costs no message more."""
        self._expected += wanted

    def _keep(self, key: str, value: bytes | None, parsed: dict[bytes, Any]) -> None:
        if value is None:
            self._read[key] = None
            return
        if value not in parsed:
            parsed[value] = orjson.loads(value)
        self._read[key] = parsed[value]

    async def need(self, key: str, code: Code, what: str, field: str) -> Any:
        """A document; Refusal with ``code`` where there is none."""
        document = await self.read(key)
        if document is None:
            raise Refusal(code, f"{what} is not on the ledger", field)
        return document

    def write(self, key: str, document: Any, protected_by: Sequence[str] | None = None) -> None:
        """Put a document.

        With ``protected_by`` (MSP ids) the key can from now on be written only with the endorsement of all of
        them and of a majority of the members; of nobody, with that of a majority. Without it the key's
        policy stays as it is.
        """
        self.stub.put_state(key, canonical.dumps(document))
        if protected_by is not None:
            self.protect(key, protected_by)

    def protect(self, key: str, by: Sequence[str]) -> None:
        """Give a key that this transaction reads or writes the policy that ``write`` says."""
        self.stub.set_validation_parameter(key, owners_policy(by, self.settings.members))

    def write_once(self, key: str, document: Any) -> None:
        """Put a document that nobody can change any more."""
        self.stub.put_state(key, canonical.dumps(document))
        self.stub.set_validation_parameter(key, NOBODY)

    def leave(self, tray: Tray, serial: str) -> None:
        """Have a pack leave its tray, whose document is written by ``settle``."""
        self._leaving.setdefault(trays.key_of(tray), (tray, []))[1].append(serial)

    def settle(self) -> None:
        """Write what the function that has returned left to be written once: each tray that packs left."""
        for key, (tray, serials) in self._leaving.items():
            self.write(key, trays.less(tray, serials))

    def event(self, name: str, payload: dict[str, Any]) -> None:
        """The transaction's event; it says by which version of the settings it was decided, where one was."""
        version = {} if self._settings is None else {"rules": self._settings.version}
        self.stub.set_event(name, canonical.dumps(payload | version))


class Resolved:
    """Parties and products as the registry has them in this transaction."""

    def __init__(self, parties: dict[str, Party], products: dict[str, Product]) -> None:
        self._parties = parties
        self._products = products

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


def foresee(context: Context, *glns: str) -> None:
    """Have what ``resolve`` reads of these parties read with whatever is read next."""
    context.expect([SETTINGS_KEY, *map(bucket_key, glns)])


async def resolve(context: Context, glns: Iterable[str] = (), gtins: Iterable[str] = ()) -> Resolved:
    """Look up parties and products with their manufacturers; the context has the settings afterwards.

    Parties and settings are in custody's own directory, products in the registry, which is asked at most
    once. Either is part of the transaction's read set: a licence revoked meanwhile makes it invalid. Parties
    are told as the settings leave them, see ``parties.effective``.
    """
    wanted = sorted(set(gtins))
    products = await _products(context, wanted) if wanted else {}
    named = dict.fromkeys([*glns, *(product["manufacturer"] for product in products.values())])
    known, *buckets = await context.read_all([SETTINGS_KEY, *map(bucket_key, named)])
    if known is None:
        raise Refusal(Code.PARAMETER_UNKNOWN, "the consortium is not set up", "settings")
    context.settings = settings = Settings(known["settings"])
    context.check(governance.supported, settings.rules, "settings")
    found: dict[str, Party] = {}
    for gln, bucket in zip(named, buckets, strict=True):
        party = bucket["parties"].get(gln)
        stands = party and parties.effective(party, settings.members, settings.regulators)
        if stands:
            found[gln] = stands
    return Resolved(found, products)


async def ask(context: Context, chaincode: str, function: str, argument: dict[str, Any]) -> Any:
    """What a function of another chaincode answers within this transaction; its Refusal is this one's."""
    try:
        answer = await context.stub.invoke_chaincode(
            chaincode, [function.encode(), canonical.dumps(argument)]
        )
    except ChaincodeCallError as error:
        refusal = Refusal.parse(error.message)
        raise refusal if refusal else error from error
    return orjson.loads(answer)


async def _products(context: Context, gtins: Sequence[str]) -> dict[str, Product]:
    """Registered products by GTIN; not those that are not."""
    products: dict[str, Product] = await ask(context, REGISTRY, "GetProducts", {"gtins": gtins})
    return products


async def acting(context: Context, gln: str) -> Party:
    """The party ``gln``, alone of all that the registry holds; the creator's organisation must act for it."""
    party = (await resolve(context, [gln])).party(gln, "gln")
    context.check(parties.acting_for, party, context.msp_id, "gln")
    return party
