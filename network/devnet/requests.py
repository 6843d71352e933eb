"""What chaincode asks of its peer, message by message, answered out of a simulation."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from fabric_protos.ledger.queryresult import kv_query_result_pb2
from fabric_protos.peer import chaincode_shim_pb2

from network.devnet.errors import DevnetError
from network.devnet.execution import Execution
from network.devnet.private import PrivateData

Message = chaincode_shim_pb2.ChaincodeMessage
WriteRecord = chaincode_shim_pb2.WriteRecord
Handler = Callable[[str, bytes, Execution], bytes]

# As a peer has them (core/chaincode: maxResultLimit; ledger.state.totalQueryLimit).
RESULTS_AT_A_TIME = 100
MAX_RESULTS = 100_000


def _get(namespace: str, payload: bytes, execution: Execution) -> bytes:
    request = chaincode_shim_pb2.GetState.FromString(payload)
    if request.collection:
        return _private(execution, namespace, request.collection).get(request.key)
    return execution.simulation.get(namespace, request.key)


def _get_multiple(namespace: str, payload: bytes, execution: Execution) -> bytes:
    request = chaincode_shim_pb2.GetStateMultiple.FromString(payload)
    if request.collection:
        values = _private(execution, namespace, request.collection).get_many(list(request.keys))
    else:
        values = execution.simulation.get_many(namespace, request.keys)
    return chaincode_shim_pb2.GetStateMultipleResult(values=values).SerializeToString()


def _get_digest(namespace: str, payload: bytes, execution: Execution) -> bytes:
    request = chaincode_shim_pb2.GetState.FromString(payload)
    return _private(execution, namespace, request.collection).digest(request.key)


def _get_metadata(namespace: str, payload: bytes, execution: Execution) -> bytes:
    request = chaincode_shim_pb2.GetStateMetadata.FromString(payload)
    if request.collection:
        return _private(execution, namespace, request.collection).metadata(request.key)
    return execution.simulation.metadata(namespace, request.key)


def _put(namespace: str, payload: bytes, execution: Execution) -> bytes:
    request = chaincode_shim_pb2.PutState.FromString(payload)
    _write(execution, namespace, request.collection, request.key, request.value)
    return b""


def _delete(namespace: str, payload: bytes, execution: Execution) -> bytes:
    request = chaincode_shim_pb2.DelState.FromString(payload)
    _write(execution, namespace, request.collection, request.key, None)
    return b""


def _purge(namespace: str, payload: bytes, execution: Execution) -> bytes:
    request = chaincode_shim_pb2.PurgePrivateState.FromString(payload)
    _purge_key(execution, namespace, request.collection, request.key)
    return b""


def _put_metadata(namespace: str, payload: bytes, execution: Execution) -> bytes:
    request = chaincode_shim_pb2.PutStateMetadata.FromString(payload)
    _write_metadata(execution, namespace, request)
    return b""


def _write_batch(namespace: str, payload: bytes, execution: Execution) -> bytes:
    put = execution.simulation.put
    for record in chaincode_shim_pb2.WriteBatchState.FromString(payload).rec:
        kind = record.type
        if kind == WriteRecord.PUT_STATE and not record.collection:
            put(namespace, record.key, record.value or None)
        elif kind == WriteRecord.PUT_STATE:
            _write(execution, namespace, record.collection, record.key, record.value)
        elif kind == WriteRecord.DEL_STATE:
            _write(execution, namespace, record.collection, record.key, None)
        elif kind == WriteRecord.PURGE_PRIVATE_DATA:
            _purge_key(execution, namespace, record.collection, record.key)
        elif kind == WriteRecord.PUT_STATE_METADATA:
            _write_metadata(execution, namespace, record)
        else:
            raise DevnetError(f"unknown operation type: {kind}")
    return b""


def _range(namespace: str, payload: bytes, execution: Execution) -> bytes:
    request = chaincode_shim_pb2.GetStateByRange.FromString(payload)
    query = chaincode_shim_pb2.QueryMetadata.FromString(request.metadata)
    if request.collection:
        private = _private(execution, namespace, request.collection)
        return _open(execution, _kvs(namespace, private.range(request.startKey, request.endKey)))
    if query.pageSize <= 0 and not query.bookmark:
        results = execution.simulation.range(namespace, request.startKey, request.endKey)
        return _open(execution, _kvs(namespace, results))
    size = min(query.pageSize if query.pageSize > 0 else MAX_RESULTS, MAX_RESULTS)
    items, following = execution.simulation.page(
        namespace, request.startKey, request.endKey, size, query.bookmark
    )
    metadata = chaincode_shim_pb2.QueryResponseMetadata(fetched_records_count=len(items), bookmark=following)
    answer = chaincode_shim_pb2.QueryResponse(metadata=metadata.SerializeToString())
    for result in _kvs(namespace, iter(items)):
        answer.results.add(resultBytes=result)
    return answer.SerializeToString()


def _history(namespace: str, payload: bytes, execution: Execution) -> bytes:
    key = chaincode_shim_pb2.GetHistoryForKey.FromString(payload).key
    return _open(execution, (change.SerializeToString() for change in execution.history(namespace, key)))


def _query(namespace: str, payload: bytes, execution: Execution) -> bytes:
    raise DevnetError("ExecuteQuery not supported for leveldb")


def _next(namespace: str, payload: bytes, execution: Execution) -> bytes:
    return _some(execution, chaincode_shim_pb2.QueryStateNext.FromString(payload).id)


def _close(namespace: str, payload: bytes, execution: Execution) -> bytes:
    identity = chaincode_shim_pb2.QueryStateClose.FromString(payload).id
    execution.queries.pop(identity, None)
    return chaincode_shim_pb2.QueryResponse(has_more=False, id=identity).SerializeToString()


def _private(execution: Execution, namespace: str, collection: str) -> PrivateData:
    return PrivateData(execution.simulation, namespace, collection)


def _write(execution: Execution, namespace: str, collection: str, key: str, value: bytes | None) -> None:
    # An empty value is a deletion, as in Fabric.
    if collection:
        _private(execution, namespace, collection).put(key, value or None)
    else:
        execution.simulation.put(namespace, key, value or None)


def _purge_key(execution: Execution, namespace: str, collection: str, key: str) -> None:
    if not collection:
        raise DevnetError("only applicable for private data")
    _private(execution, namespace, collection).put(key, None, purge=True)


def _write_metadata(execution: Execution, namespace: str, record: Any) -> None:
    """``record`` is a PutStateMetadata or a batch's record of that type, which have the same fields."""
    entry = record.metadata
    if record.collection:
        private = _private(execution, namespace, record.collection)
        private.put_metadata(record.key, entry.metakey, entry.value)
    else:
        execution.simulation.put_metadata(namespace, record.key, entry.metakey, entry.value)


def _kvs(namespace: str, items: Iterator[tuple[str, bytes]]) -> Iterator[bytes]:
    make = kv_query_result_pb2.KV
    return (make(namespace=namespace, key=key, value=value).SerializeToString() for key, value in items)


def _open(execution: Execution, results: Iterator[bytes]) -> bytes:
    return _some(execution, execution.open(itertools.islice(results, MAX_RESULTS)))


def _some(execution: Execution, identity: str) -> bytes:
    query = execution.queries.get(identity)
    if query is None:
        raise DevnetError("query iterator not found")
    results, more = query.take(RESULTS_AT_A_TIME)
    if not more:
        del execution.queries[identity]
    answer = chaincode_shim_pb2.QueryResponse(has_more=more, id=identity)
    for result in results:
        answer.results.add(resultBytes=result)
    return answer.SerializeToString()


HANDLERS: dict[int, Handler] = {
    Message.GET_STATE: _get,
    Message.GET_STATE_MULTIPLE: _get_multiple,
    Message.GET_PRIVATE_DATA_HASH: _get_digest,
    Message.GET_STATE_METADATA: _get_metadata,
    Message.PUT_STATE: _put,
    Message.DEL_STATE: _delete,
    Message.PURGE_PRIVATE_DATA: _purge,
    Message.PUT_STATE_METADATA: _put_metadata,
    Message.WRITE_BATCH_STATE: _write_batch,
    Message.GET_STATE_BY_RANGE: _range,
    Message.GET_QUERY_RESULT: _query,
    Message.GET_HISTORY_FOR_KEY: _history,
    Message.QUERY_STATE_NEXT: _next,
    Message.QUERY_STATE_CLOSE: _close,
}
