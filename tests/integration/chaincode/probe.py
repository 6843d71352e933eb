"""A chaincode that exercises every call of the shim against a real peer.

Each function takes plain strings and answers JSON (bytes as text), so that a test, or a person with the peer
command, can compare what comes back.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from chaincode.shim import (
    ChaincodeCallError,
    KeyValue,
    Page,
    PeerError,
    Response,
    Results,
    Stub,
    create_composite_key,
    failure,
    policy_msps,
    signature_policy,
    success,
)

Function = Callable[..., Awaitable[Any]]


async def put(stub: Stub, key: str, value: str) -> None:
    stub.put_state(key, value.encode())


async def put_json(stub: Stub, body: str) -> Any:
    """Like put, for callers whose one argument is an object."""
    given = json.loads(body)
    stub.put_state(given["key"], given["value"].encode())
    return given


async def get(stub: Stub, key: str) -> Any:
    return _text(await stub.get_state(key))


async def delete(stub: Stub, key: str) -> None:
    stub.del_state(key)


async def read_own_write(stub: Stub, key: str, value: str) -> Any:
    stub.put_state(key, value.encode())
    await stub.flush()
    return _text(await stub.get_state(key))


async def get_all(stub: Stub, *keys: str) -> Any:
    return [_text(value) for value in await stub.get_states(keys)]


async def put_many(stub: Stub, prefix: str, count: str) -> None:
    for number in range(int(count)):
        stub.put_state(f"{prefix}{number:06}", f"value {number}".encode())


async def get_many(stub: Stub, prefix: str, count: str) -> Any:
    values = await stub.get_states([f"{prefix}{number:06}" for number in range(int(count))])
    return {"found": sum(value is not None for value in values), "last": _text(values[-1])}


async def put_composite(stub: Stub, kind: str, *attributes: str) -> None:
    stub.put_state(create_composite_key(kind, attributes), "/".join(attributes).encode())


async def range_(stub: Stub, start: str, end: str) -> Any:
    return await _all(stub.iterate_range(start, end))


async def range_and_write(stub: Stub, start: str, end: str, key: str) -> None:
    """Writes how many keys there are."""
    stub.put_state(key, str(len(await _all(stub.iterate_range(start, end)))).encode())


async def range_page(stub: Stub, start: str, end: str, size: str, bookmark: str) -> Any:
    return _page(await stub.state_range(start, end, int(size), bookmark))


async def range_page_and_write(stub: Stub, start: str, end: str) -> Any:
    await stub.state_range(start, end, 1)
    stub.put_state("after a page", b"x")


async def prefix(stub: Stub, kind: str, *attributes: str) -> Any:
    return await _all(stub.iterate_prefix(kind, attributes))


async def between(stub: Stub, kind: str, first: str, last: str, limit: str) -> Any:
    found = await stub.iterate_between(kind, [first], [last]).take(int(limit))
    return [[key, value.decode()] for key, value in found]


async def prefix_page(stub: Stub, size: str, bookmark: str, kind: str, *attributes: str) -> Any:
    return _page(await stub.state_by_partial_key(kind, attributes, int(size), bookmark))


async def leave_queries(stub: Stub, start: str, end: str) -> Any:
    """Opens a query, takes one result, closes it; opens another and leaves it to the peer."""
    closed = stub.iterate_range(start, end)
    first = await anext(closed)
    await closed.close()
    return [first.key, (await anext(stub.iterate_range(start, end))).key]


async def history(stub: Stub, key: str) -> Any:
    return [
        {
            "tx": change.tx_id,
            "at": change.timestamp_ms,
            "deleted": change.is_delete,
            "value": change.value.decode(),
        }
        async for change in stub.history(key)
    ]


async def event(stub: Stub, name: str, payload: str) -> None:
    stub.put_state("event", payload.encode())
    stub.set_event(name, payload.encode())


async def put_with_event(stub: Stub, key: str, payload: str) -> None:
    """Unlike event, whose key all its callers write, for many calls at once."""
    stub.put_state(key, payload.encode())
    stub.set_event(key, payload.encode())


async def who(stub: Stub) -> Any:
    return {
        "msp": stub.creator.msp_id,
        "subject": stub.creator.subject,
        "attributes": stub.creator.attributes,
        "at": stub.timestamp_ms,
        "channel": stub.channel_id,
        "tx": stub.tx_id,
        "transient": {name: value.decode() for name, value in stub.transient.items()},
    }


async def put_private(stub: Stub, collection: str, key: str) -> None:
    stub.put_private(collection, key, stub.transient["value"])
    await stub.flush()


async def put_secret(stub: Stub, collection: str, key: str, value: str) -> None:
    stub.put_private(collection, key, value.encode())


async def get_secret(stub: Stub, collection: str, key: str) -> Any:
    return _text(await stub.get_private(collection, key))


async def get_private(stub: Stub, collection: str, key: str) -> Any:
    value = _text(await stub.get_private(collection, key))
    many = await stub.get_privates(collection, [key, "no such key"])
    digest = await stub.get_private_hash(collection, key)
    return {"value": value, "many": [_text(item) for item in many], "hash": digest.hex() if digest else None}


async def put_privates(stub: Stub, key: str, *collections: str) -> None:
    for collection in collections:
        stub.put_private(collection, key, stub.transient["value"])


async def private_writes(stub: Stub, *writes: str) -> None:
    """Each write is a kind, a collection, a key and a value, apart by spaces.

    A note changes the key's policy.
    """
    for write in writes:
        kind, collection, key, value = write.split(" ")
        if kind == "put":
            stub.put_private(collection, key, value.encode())
        elif kind == "delete":
            stub.del_private(collection, key)
        elif kind == "purge":
            stub.purge_private(collection, key)
        else:
            policy = signature_policy(["ManufacturerMSP", "WholesalerMSP"])
            stub.set_validation_parameter(key, policy, collection)


async def update_private(stub: Stub, collection: str, key: str) -> Any:
    """Writes a value where it has read one; answers what it read."""
    before = _text(await stub.get_private(collection, key))
    stub.put_private(collection, key, stub.transient["value"])
    return before


async def put_private_and_public(stub: Stub, collection: str, key: str) -> None:
    stub.put_private(collection, key, stub.transient["value"])
    stub.put_state(key, b"public")


async def try_private(stub: Stub, collection: str, key: str, *_: str) -> Any:
    """A private value, or how the peer refused to read it."""
    try:
        return {"value": _text(await stub.get_private(collection, key))}
    except PeerError as error:
        return {"peer": str(error)}


async def try_privates(stub: Stub, collection: str, *keys: str) -> Any:
    """Private values, asked for together, or how the peer refused."""
    try:
        return {"values": [_text(value) for value in await stub.get_privates(collection, keys)]}
    except PeerError as error:
        return {"peer": str(error)}


async def try_put_private(stub: Stub, collection: str, key: str) -> Any:
    """How the peer refuses to write a private value, if it does."""
    try:
        stub.put_private(collection, key, b"value")
        await stub.flush()
    except PeerError as error:
        return {"peer": str(error)}
    return {}


async def private_hash(stub: Stub, collection: str, key: str) -> Any:
    digest = await stub.get_private_hash(collection, key)
    return digest.hex() if digest else None


async def delete_private(stub: Stub, collection: str, key: str) -> None:
    stub.del_private(collection, key)


async def purge_private(stub: Stub, collection: str, key: str) -> None:
    stub.purge_private(collection, key)


async def range_private(stub: Stub, collection: str, start: str, end: str) -> Any:
    return await _all(stub.iterate_private_range(collection, start, end))


async def set_policy(stub: Stub, key: str, *msps: str) -> None:
    stub.set_validation_parameter(key, signature_policy(msps) if msps else b"")


async def set_any_policy(stub: Stub, key: str, envelope: str) -> None:
    """A policy as Fabric carries it, in hexadecimal."""
    stub.set_validation_parameter(key, bytes.fromhex(envelope))


async def get_policy(stub: Stub, key: str) -> Any:
    policy = await stub.get_validation_parameter(key)
    return list(policy_msps(policy)) if policy else None


async def set_private_policy(stub: Stub, collection: str, key: str, *msps: str) -> None:
    stub.set_validation_parameter(key, signature_policy(msps) if msps else b"", collection)


async def get_private_policy(stub: Stub, collection: str, key: str) -> Any:
    policy = await stub.get_validation_parameter(key, collection)
    return list(policy_msps(policy)) if policy else None


async def call(stub: Stub, name: str, channel: str, *args: str) -> Any:
    """Another chaincode's answer, or how it refused."""
    try:
        answer = await stub.invoke_chaincode(name, [arg.encode() for arg in args], channel)
    except ChaincodeCallError as error:
        return {"status": error.status, "message": error.message}
    except PeerError as error:
        return {"peer": str(error)}
    return {"answer": json.loads(answer)}


async def peer_error(stub: Stub) -> Any:
    try:
        await stub.get_private("no such collection", "key")
    except PeerError as error:
        return str(error)
    return None


async def peer_error_at_the_end(stub: Stub) -> None:
    stub.put_private("no such collection", "key", b"value")


async def differ(stub: Stub, key: str) -> None:
    """Writes what no other peer writes."""
    stub.put_state(key, uuid.uuid4().bytes)


async def wait(stub: Stub, seconds: str) -> None:
    """Answers late."""
    await asyncio.sleep(float(seconds))


async def flush(stub: Stub) -> None:
    await stub.flush()


async def run(stub: Stub, program: str = "") -> Any:
    """Functions in their order, each a list of its name and arguments, in one transaction; their answers.

    The program may be transient instead. What the peer refuses is an answer too.
    """
    answers: list[Any] = []
    for name, *arguments in json.loads(stub.transient.get("program") or program):
        try:
            answers.append(await FUNCTIONS[name](stub, *arguments))
        except PeerError as error:
            answers.append({"peer": str(error)})
    return answers


async def fail(stub: Stub, words: str) -> None:
    stub.put_state("never", b"written")
    raise ValueError(words)


FUNCTIONS: dict[str, Function] = {
    function.__name__.rstrip("_"): function
    for function in (
        put,
        put_json,
        get,
        delete,
        read_own_write,
        get_all,
        put_many,
        get_many,
        put_composite,
        range_,
        range_and_write,
        range_page,
        range_page_and_write,
        prefix,
        prefix_page,
        between,
        leave_queries,
        history,
        event,
        put_with_event,
        who,
        put_private,
        put_privates,
        private_writes,
        update_private,
        put_private_and_public,
        try_private,
        try_privates,
        try_put_private,
        put_secret,
        get_secret,
        get_private,
        private_hash,
        delete_private,
        purge_private,
        range_private,
        set_policy,
        set_any_policy,
        get_policy,
        set_private_policy,
        get_private_policy,
        call,
        peer_error,
        peer_error_at_the_end,
        differ,
        wait,
        flush,
        run,
        fail,
    )
}


class Probe:
    """Runs the function that the first argument names."""

    async def invoke(self, stub: Stub) -> Response:
        function = FUNCTIONS.get(stub.function)
        if function is None:
            return failure(f"no function {stub.function}", 404)
        try:
            result = await function(stub, *(param.decode() for param in stub.params))
        except PeerError as error:
            return failure(str(error))
        return success(json.dumps(result, sort_keys=True).encode())


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()


async def _all(results: Results[KeyValue]) -> list[list[str]]:
    return [[key, value.decode()] async for key, value in results]


def _page(page: Page) -> Any:
    return {"items": [[key, value.decode()] for key, value in page.items], "bookmark": page.bookmark}


chaincode = Probe()
