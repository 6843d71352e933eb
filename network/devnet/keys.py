"""How a chaincode's keys become LMDB keys, in the same order.

LMDB's keys have at most 511 bytes, Fabric's have no limit. A key that is too long is cut and closed by its
SHA-256, and its value begins with the whole key: the cut keys of one prefix stand together, behind the
prefix itself, and are put in order where they are read.
"""

from __future__ import annotations

import hashlib
import struct

# A digest, the history's suffix and this fit LMDB's 511 bytes.
MAX_PLAIN_BYTES = 440
_SEPARATOR = "\x00"
_LENGTH = struct.Struct(">I")
_PRIVATE = b"$$p"

PLACE = struct.Struct(">QI")
Version = tuple[int, int]
"""Where a value was written, as `PLACE` packs it: block number and position of the transaction in it."""


def encode(namespace: str, key: str) -> bytes:
    """A key in its namespace."""
    whole = f"{namespace}{_SEPARATOR}{key}".encode()
    if len(whole) <= MAX_PLAIN_BYTES:
        return whole
    return whole[:MAX_PLAIN_BYTES] + hashlib.sha256(whole).digest()


def is_cut(stored: bytes) -> bool:
    """Whether a stored key is one that was too long."""
    return len(stored) > MAX_PLAIN_BYTES


def bounds(namespace: str, start: str, end: str) -> tuple[bytes, bytes]:
    """Stored keys between which all of ``start`` to ``end`` lie; an empty end is the namespace's.

    The first may have cut keys before ``start`` behind it, the second cut keys after ``end`` before it.
    """
    first = f"{namespace}{_SEPARATOR}{start}".encode()[:MAX_PLAIN_BYTES]
    if not end:
        return first, f"{namespace}\x01".encode()
    last = f"{namespace}{_SEPARATOR}{end}".encode()
    if len(last) <= MAX_PLAIN_BYTES:
        return first, last
    return first, last[:MAX_PLAIN_BYTES] + b"\xff" * 33


def plain(namespace: str, stored: bytes) -> str:
    """The key that an uncut stored key stands for."""
    return stored[len(namespace.encode()) + 1 :].decode()


def pack_cut(key: str) -> bytes:
    """What stands before the value of a cut key."""
    raw = key.encode()
    return _LENGTH.pack(len(raw)) + raw


def unpack_cut(value: bytes) -> tuple[str, bytes]:
    """Undo `pack_cut`: the whole key, and the rest of the value."""
    (length,) = _LENGTH.unpack_from(value)
    end = _LENGTH.size + length
    return value[_LENGTH.size : end].decode(), value[end:]


def key_hash(key: str) -> bytes:
    """What stands for a private key on the chain."""
    return hashlib.sha256(key.encode()).digest()


def hashes_of(namespace: str, collection: str) -> str:
    """The namespace in which a collection's hashes stand, at every member. No chaincode's name holds a $."""
    return f"{namespace}$$h{collection}"


def private_of(namespace: str, collection: str, msp_id: str) -> str:
    """The namespace in which one member keeps a collection's keys and values."""
    return f"{namespace}$$p{collection}$${msp_id}"


def prefix_of(namespace: str) -> bytes:
    """What every stored key of a namespace begins with."""
    return f"{namespace}{_SEPARATOR}".encode()


def is_private(stored: bytes) -> bool:
    """Whether a stored key is of a private value."""
    return _PRIVATE in stored.partition(b"\x00")[0]


def behind_hash(stored: bytes, value: bytes) -> tuple[bytes, bytes]:
    """Of a stored private key and value: the stored key of its hash, and the value in clear."""
    space, _, rest = stored.partition(b"\x00")
    namespace, _, collection = space.decode().partition(_PRIVATE.decode())
    if is_cut(stored):
        key, value = unpack_cut(value)
    else:
        key = rest.decode()
    hashes = hashes_of(namespace, collection.partition("$$")[0])
    return encode(hashes, key_hash(key).hex()), value
