"""What a transaction function may read, write and call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from fabric_protos.peer import chaincode_event_pb2, chaincode_pb2, chaincode_shim_pb2, proposal_response_pb2

from chaincode.shim.creator import Creator
from chaincode.shim.errors import ChaincodeCallError, PeerError, ShimError
from chaincode.shim.keys import SEPARATOR, create_composite_key, prefix_range, simple_range
from chaincode.shim.policy import VALIDATION_PARAMETER
from chaincode.shim.proposal import Proposal
from chaincode.shim.query import (
    KeyValue,
    Modification,
    Page,
    Results,
    read_key_value,
    read_modification,
    read_page,
)
from chaincode.shim.response import ERROR_THRESHOLD
from chaincode.shim.transaction import Transaction
from chaincode.shim.writes import Writes

Message = chaincode_shim_pb2.ChaincodeMessage


class Stub:
    """One transaction as its chaincode sees it.

    Reads ask the peer. Writes are kept here in order and reach the peer when `invoke` has returned an
    endorsable response; as everywhere in Fabric a transaction does not read its own writes. A refused
    transaction (status 400 or above) sends none.

    Every awaited call raises PeerError where the peer refuses and StreamLost where the peer is gone.

    Attributes:
        channel_id: the channel.
        tx_id: the transaction id.
        args: all arguments, the function's name first.
        is_init: whether the peer runs this as the chaincode's initialisation.
    """

    def __init__(self, transaction: Transaction, message: chaincode_shim_pb2.ChaincodeMessage) -> None:
        chaincode_input = chaincode_pb2.ChaincodeInput.FromString(message.payload)
        self.channel_id: str = transaction.channel_id
        self.tx_id: str = transaction.tx_id
        self.args: list[bytes] = list(chaincode_input.args)
        self.is_init: bool = chaincode_input.is_init or message.type == Message.INIT
        self._transaction = transaction
        self._proposal = Proposal(message.proposal)
        self._writes = Writes(transaction)
        self._event: chaincode_event_pb2.ChaincodeEvent | None = None

    # What the client sent

    @cached_property
    def function(self) -> str:
        """The first argument; empty where there is none. ShimError where it is not UTF-8."""
        try:
            return self.args[0].decode() if self.args else ""
        except UnicodeDecodeError as error:
            raise ShimError("the function's name is not UTF-8") from error

    @property
    def params(self) -> list[bytes]:
        """The arguments after the function's name."""
        return self.args[1:]

    @property
    def creator(self) -> Creator:
        """Who signed the proposal."""
        return self._proposal.creator

    @property
    def timestamp_ms(self) -> int:
        """The proposal's time, epoch milliseconds; the only clock that a chaincode may use."""
        return self._proposal.timestamp_ms

    @property
    def called(self) -> str:
        """The name of the chaincode that the client called: another one where that has called this one."""
        return self._proposal.called

    @property
    def transient(self) -> dict[str, bytes]:
        """The proposal's transient map, which never reaches the ledger."""
        return self._proposal.transient

    # Public state

    async def get_state(self, key: str) -> bytes | None:
        """The committed value of a key; None where it has none."""
        return await self._get(Message.GET_STATE, key, "")

    async def get_states(self, keys: Sequence[str]) -> list[bytes | None]:
        """The committed values of many keys, in their order."""
        return await self._get_many(keys, "")

    def put_state(self, key: str, value: bytes) -> None:
        """Write a value; it must not be empty, since Fabric takes an empty value for a deletion."""
        self._writes.put(key, value, "")

    def put_states(self, entries: Iterable[tuple[str, bytes]], policy: bytes) -> None:
        """Write the values of many keys and give each key the same endorsement policy.

        As ``put_state`` and ``set_validation_parameter`` of each, in half the time.
        """
        self._writes.put_all(entries, VALIDATION_PARAMETER, policy)

    def del_state(self, key: str) -> None:
        """Delete a key."""
        self._writes.delete(key, "")

    async def state_range(self, start: str, end: str, page_size: int = 0, bookmark: str = "") -> Page:
        """Simple keys from `start` to before `end`; an empty string leaves that side open.

        With a page size (or a bookmark) at most that many, and the bookmark of the next page, empty on the
        last; such a transaction cannot write (a peer's rule). With neither, all of them, up to the peer's
        `ledger.state.totalQueryLimit`.
        """
        return await self._page(*simple_range(start, end), page_size, bookmark)

    async def state_by_partial_key(
        self, object_type: str, attributes: Sequence[str], page_size: int = 0, bookmark: str = ""
    ) -> Page:
        """As `state_range`, for the composite keys that begin with these parts."""
        return await self._page(*prefix_range(object_type, attributes), page_size, bookmark)

    def iterate_range(self, start: str, end: str) -> Results[KeyValue]:
        """`async for key, value in …` over simple keys; the peer is asked for 100 at a time."""
        return self._iterate(*simple_range(start, end), "")

    def iterate_prefix(self, object_type: str, attributes: Sequence[str]) -> Results[KeyValue]:
        """As `iterate_range`, for the composite keys that begin with these parts."""
        return self._iterate(*prefix_range(object_type, attributes), "")

    def iterate_between(
        self, object_type: str, first: Sequence[str], last: Sequence[str]
    ) -> Results[KeyValue]:
        """As `iterate_prefix`, from the composite key of ``first`` to that of ``last``, both included."""
        end = create_composite_key(object_type, last) + SEPARATOR
        return self._iterate(create_composite_key(object_type, first), end, "")

    def history(self, key: str) -> Results[Modification]:
        """`async for modification in …` over a key's committed changes, newest first."""
        request = chaincode_shim_pb2.GetHistoryForKey(key=key).SerializeToString()
        return Results(self._transaction, Message.GET_HISTORY_FOR_KEY, request, read_modification)

    # Private data

    async def get_private(self, collection: str, key: str) -> bytes | None:
        """A private value; None where it has none. PeerError where this peer is not in the collection."""
        return await self._get(Message.GET_STATE, key, _named(collection))

    async def get_privates(self, collection: str, keys: Sequence[str]) -> list[bytes | None]:
        """Many private values, in the order of their keys."""
        return await self._get_many(keys, _named(collection))

    async def get_private_hash(self, collection: str, key: str) -> bytes | None:
        """SHA-256 of a private value, which every peer of the channel knows."""
        return await self._get(Message.GET_PRIVATE_DATA_HASH, key, _named(collection))

    def put_private(self, collection: str, key: str, value: bytes) -> None:
        """Write a private value; only its hash reaches the ledger."""
        self._writes.put(key, value, _named(collection))

    def del_private(self, collection: str, key: str) -> None:
        """Delete a private value; its history stays with the collection's members."""
        self._writes.delete(key, _named(collection))

    def purge_private(self, collection: str, key: str) -> None:
        """Delete a private value and every earlier version of it on every member's peer."""
        self._writes.purge(key, _named(collection))

    def iterate_private_range(self, collection: str, start: str, end: str) -> Results[KeyValue]:
        """As `iterate_range`, within a collection; no write may follow it (a peer's rule)."""
        return self._iterate(*simple_range(start, end), _named(collection))

    def iterate_private_prefix(
        self, collection: str, object_type: str, attributes: Sequence[str]
    ) -> Results[KeyValue]:
        """As `iterate_prefix`, within a collection; no write may follow it (a peer's rule)."""
        return self._iterate(*prefix_range(object_type, attributes), _named(collection))

    # Key-level endorsement

    async def get_validation_parameter(self, key: str, collection: str = "") -> bytes | None:
        """The key's own endorsement policy, as it was set; None where the chaincode's policy holds."""
        request = chaincode_shim_pb2.GetStateMetadata(key=key, collection=collection).SerializeToString()
        answer = await self._transaction.request(Message.GET_STATE_METADATA, request)
        for entry in chaincode_shim_pb2.StateMetadataResult.FromString(answer).entries:
            if entry.metakey == VALIDATION_PARAMETER:
                return entry.value or None
        return None

    def set_validation_parameter(self, key: str, policy: bytes, collection: str = "") -> None:
        """Give the key its own endorsement policy (see `signature_policy`); empty bytes take it away.

        Read or write the key in the same transaction. Peers of Fabric 3.1.5 end at a block in which one
        transaction deletes a key and a later one, without either, sets its policy; and again at every start.

        Where a policy was taken away, gateways no longer find out who must endorse a write of the key: the
        client must name them. Another policy in its place has not this effect.
        """
        self._writes.metadata(key, VALIDATION_PARAMETER, policy, collection)

    # Beyond this chaincode

    async def invoke_chaincode(self, name: str, args: Sequence[bytes], channel: str = "") -> bytes:
        """Call another chaincode within this transaction and return its payload.

        On the same channel its reads and writes join this transaction; on another channel it can only read.

        Raises:
            ChaincodeCallError: it answered with status 400 or above.
        """
        spec = chaincode_pb2.ChaincodeSpec(
            chaincode_id=chaincode_pb2.ChaincodeID(name=f"{name}/{channel}" if channel else name),
            input=chaincode_pb2.ChaincodeInput(args=args),
        )
        answer = await self._transaction.request(Message.INVOKE_CHAINCODE, spec.SerializeToString())
        message = Message.FromString(answer)
        if message.type != Message.COMPLETED:
            raise PeerError(message.payload.decode(errors="replace"))
        response = proposal_response_pb2.Response.FromString(message.payload)
        if response.status >= ERROR_THRESHOLD:
            raise ChaincodeCallError(name, response.status, response.message)
        return response.payload

    def set_event(self, name: str, payload: bytes) -> None:
        """The transaction's one event: the last one set, by the chaincode that the client called."""
        if not name:
            raise ShimError("an event needs a name")
        self._event = chaincode_event_pb2.ChaincodeEvent(event_name=name, payload=payload)

    @property
    def event(self) -> chaincode_event_pb2.ChaincodeEvent | None:
        """The event set so far."""
        return self._event

    async def flush(self) -> None:
        """Send the writes made so far; done anyway at the end, but here a peer's refusal can be caught."""
        await self._writes.flush()

    # Shared by the above

    async def _get(self, kind: int, key: str, collection: str) -> bytes | None:
        request = chaincode_shim_pb2.GetState(key=key, collection=collection).SerializeToString()
        return await self._transaction.request(kind, request) or None

    async def _get_many(self, keys: Sequence[str], collection: str) -> list[bytes | None]:
        size = self._transaction.offers.get_multiple
        if not size or len(keys) == 1:
            return [await self._get(Message.GET_STATE, key, collection) for key in keys]
        values: list[bytes | None] = []
        for first in range(0, len(keys), size):
            part = keys[first : first + size]
            request = chaincode_shim_pb2.GetStateMultiple(keys=part, collection=collection)
            answer = await self._transaction.request(Message.GET_STATE_MULTIPLE, request.SerializeToString())
            found = chaincode_shim_pb2.GetStateMultipleResult.FromString(answer).values
            if len(found) != len(part):
                raise PeerError(f"the peer answered {len(found)} values to {len(part)} keys")
            values.extend(value or None for value in found)
        return values

    async def _page(self, start: str, end: str, page_size: int, bookmark: str) -> Page:
        if page_size < 0:
            raise ShimError("a page size must not be negative")
        if not page_size and not bookmark:
            return Page(await self._iterate(start, end, "").take(), "")
        metadata = chaincode_shim_pb2.QueryMetadata(pageSize=page_size, bookmark=bookmark)
        request = chaincode_shim_pb2.GetStateByRange(
            startKey=start, endKey=end, metadata=metadata.SerializeToString()
        )
        return read_page(
            await self._transaction.request(Message.GET_STATE_BY_RANGE, request.SerializeToString())
        )

    def _iterate(self, start: str, end: str, collection: str) -> Results[KeyValue]:
        request = chaincode_shim_pb2.GetStateByRange(startKey=start, endKey=end, collection=collection)
        return Results(
            self._transaction, Message.GET_STATE_BY_RANGE, request.SerializeToString(), read_key_value
        )


def _named(collection: str) -> str:
    if not collection:
        raise ShimError("a collection needs a name")
    return collection
