"""Merkle trees against RFC 6962's definition, its reference vectors, and tampering."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaincode.model import merkle

# Inputs and tree heads of Certificate Transparency's reference implementation (merkletree tests).
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

trees = st.lists(st.binary(max_size=8), min_size=1, max_size=40).map(
    lambda data: [merkle.leaf(d) for d in data]
)


def recursive_root(leaves: list[bytes]) -> bytes:
    """MTH of section 2.1, word for word."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    left, right = recursive_root(leaves[:split]), recursive_root(leaves[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


@pytest.mark.parametrize("count", range(len(ROOTS)))
def test_reference_vectors(count: int) -> None:
    assert merkle.root([merkle.leaf(data) for data in INPUTS[:count]]).hex() == ROOTS[count]


def test_reference_path() -> None:
    path = merkle.proof([merkle.leaf(data) for data in INPUTS[:3]], 1)
    assert [node.hex() for node in path] == [ROOTS[1], merkle.leaf(INPUTS[2]).hex()]


@given(trees)
def test_root_is_the_recursive_definitions(leaves: list[bytes]) -> None:
    assert merkle.root(leaves) == recursive_root(leaves)


@given(trees)
def test_every_leaf_is_proved(leaves: list[bytes]) -> None:
    head = merkle.root(leaves)
    for index, leaf in enumerate(leaves):
        path = merkle.proof(leaves, index)
        assert len(path) <= (len(leaves) - 1).bit_length()
        assert merkle.verify(head, leaf, index, len(leaves), path)


@given(trees, st.data())
def test_tampering_is_found(leaves: list[bytes], data: st.DataObject) -> None:
    count, head = len(leaves), merkle.root(leaves)
    index = data.draw(st.integers(0, count - 1))
    leaf, path = leaves[index], merkle.proof(leaves, index)

    def flipped(node: bytes) -> bytes:
        bit = data.draw(st.integers(0, 255))
        changed = bytearray(node)
        changed[bit // 8] ^= 1 << bit % 8
        return bytes(changed)

    assert not merkle.verify(head, flipped(leaf), index, count, path)
    assert not merkle.verify(flipped(head), leaf, index, count, path)
    assert not merkle.verify(head, leaf, index, count, [*path, bytes(32)])
    for place in range(len(path)):
        assert not merkle.verify(
            head, leaf, index, count, [*path[:place], flipped(path[place]), *path[place + 1 :]]
        )
    if path:
        assert not merkle.verify(head, leaf, index, count, path[:-1])
        assert not merkle.verify(head, leaf, index, count, path[1:])
    for other in range(count):
        if leaves[other] != leaf:
            assert not merkle.verify(head, leaf, other, count, path)


@pytest.mark.parametrize(("index", "count"), [(-1, 1), (1, 1), (5, 3), (0, 0)])
def test_places_outside_the_tree(index: int, count: int) -> None:
    leaf = merkle.leaf(b"")
    assert not merkle.verify(leaf, leaf, index, count, [])
    with pytest.raises(IndexError):
        merkle.proof([leaf] * count, index)


def test_a_node_is_no_leaf() -> None:
    """Two leaves' hashes as the data of one leaf give another tree: the prefixes keep them apart."""
    leaves = [merkle.leaf(b"a"), merkle.leaf(b"b")]
    assert merkle.root(leaves) != merkle.root([merkle.leaf(leaves[0] + leaves[1])])
