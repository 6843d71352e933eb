"""Signatures made in a token, by way of SoftHSM."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from gateway.fabric import FabricError, hashes
from tests.support import tokens
from tests.support.tokens import PIN, TOKEN, SoftToken

LIBRARY = tokens.module()
pytestmark = pytest.mark.skipif(LIBRARY is None, reason="SoftHSM (Debian: softhsm2) is not installed")


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoftToken]:
    assert LIBRARY
    with tokens.soft_token(tmp_path_factory.mktemp("hsm"), LIBRARY) as started:
        yield started


@pytest.mark.parametrize(
    ("curve", "order"),
    [
        ("secp256r1", 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551),
        ("secp384r1", int("F" * 48 + "C7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973", 16)),
    ],
)
async def test_a_token_signs_as_fabric_checks_it(token: SoftToken, curve: str, order: int) -> None:
    from gateway.fabric.hsm import HsmSigner

    public = token.generate(curve, curve, b"\x01" + curve.encode())
    by_label = HsmSigner(token.module, TOKEN, PIN, key_label=curve)
    by_id = HsmSigner(token.module, TOKEN, PIN, key_id=b"\x01" + curve.encode())
    digest = hashes.sha256(b"a message")
    async with by_label, by_id:
        made = await asyncio.gather(*(sign(digest) for sign in (by_label, by_id) * 10))
    for signature in made:
        public.verify(signature, digest, ec.ECDSA(Prehashed(SHA256())))
        assert decode_dss_signature(signature)[1] <= order // 2


async def test_one_signer_that_closes_leaves_the_others_logged_in(token: SoftToken) -> None:
    from gateway.fabric.hsm import HsmError, HsmSigner

    token.generate("secp256r1", "shared", b"\x02")
    lasting = HsmSigner(token.module, TOKEN, PIN, key_label="shared")
    async with HsmSigner(token.module, TOKEN, PIN, key_label="shared"):
        await lasting.__aenter__()
    assert await lasting(bytes(32))
    with pytest.raises(HsmError, match="another PIN"):
        async with HsmSigner(token.module, TOKEN, "1111", key_label="shared"):
            pass
    await lasting.__aexit__(None, None, None)
    with pytest.raises(HsmError, match="not entered"):
        await lasting(bytes(32))


@pytest.mark.parametrize(
    ("library", "label", "pin", "key", "words"),
    [
        ("/no/such/library.so", TOKEN, PIN, "k", "library.so"),
        (LIBRARY, "no such token", PIN, "k", "NoSuchToken"),
        (LIBRARY, TOKEN, "11112222", "k", "PinIncorrect"),
        (LIBRARY, TOKEN, PIN, "no such key", "NoSuchKey"),
    ],
)
async def test_what_cannot_be_used_is_named(
    token: SoftToken, library: str, label: str, pin: str, key: str, words: str
) -> None:
    from gateway.fabric.hsm import HsmError, HsmSigner

    with pytest.raises(HsmError, match=words) as raised:
        async with HsmSigner(library, label, pin, key_label=key):
            pass
    assert issubclass(HsmError, FabricError)
    assert pin not in str(raised.value)


def test_a_key_is_named(token: SoftToken) -> None:
    from gateway.fabric.hsm import HsmSigner

    with pytest.raises(ValueError, match="id, its label"):
        HsmSigner(token.module, TOKEN, PIN)
